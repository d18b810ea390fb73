"""The confusion matrix: click a cell, or choose in the two lists, to see those pictures."""

import pandas as pd
import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.charts.evaluation import confusion_chart
from scratchmlp.ui import layout, session
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.selection import ANY, chart_key, filter_classes

PERCENT = st.column_config.NumberColumn(format="percent")


def show(predictions: Predictions) -> None:
    classes, cells = predictions.classes, predictions.cells
    row = st.container(horizontal=True, vertical_alignment="center")
    rates = row.toggle("Show %", key="rates", help="Show shares of each row instead of counts.")
    diagonal = row.toggle(
        "Include correct", key="diagonal", help="Show the diagonal: the correct predictions."
    )
    by_errors = row.toggle(
        "Sort by errors", key="by_errors", help="Show the classes with most errors first."
    )
    order = evaluation.classes_by_errors(predictions.table, classes) if by_errors else list(classes)
    shown = cells if diagonal else cells[cells["truth"] != cells["prediction"]]
    with st.container(key="confusion"):
        key = chart_key("confusion")
        st.altair_chart(
            confusion_chart(shown, order, rates, ink=layout.text_color()),
            key=key,
            on_select=lambda: _choose_cell(key),
            selection_mode="cell",
            alt="Confusion matrix; the two lists below choose the same cells by keyboard.",
        )
    left, right = st.columns(2)
    options = [ANY, *classes]
    left.selectbox("Truth", options, key=session.TRUTH, persist_state="session")
    right.selectbox("Prediction", options, key=session.PREDICTION, persist_state="session")
    _tables(predictions)


def _choose_cell(key: str) -> None:
    cells = st.session_state[key]["selection"]["cell"]
    if cells:
        filter_classes(cells[0]["truth"], cells[0]["prediction"])


def _tables(predictions: Predictions) -> None:
    """The most confused pairs, to choose from, and figures of each class; sent when opened."""
    with st.expander("Most confused pairs", key="pairs", on_change="rerun") as pairs:
        if pairs.open:
            _pairs(predictions)
    title = "Precision, recall and F1 per class"
    with st.expander(title, key="per_class", on_change="rerun") as per_class:
        if per_class.open:
            table = evaluation.per_class(predictions.table, predictions.classes)
            config = dict.fromkeys(("precision", "recall", "F1"), PERCENT)
            st.dataframe(table, hide_index=True, column_config=config)


def _pairs(predictions: Predictions) -> None:
    cells = predictions.cells
    pairs = cells[(cells["truth"] != cells["prediction"]) & (cells["count"] > 0)]
    pairs = pairs.sort_values("count", ascending=False, kind="stable").head(20)
    key = chart_key("pairs")
    st.dataframe(
        pairs,
        hide_index=True,
        column_config={"rate": st.column_config.NumberColumn("share of truth", format="percent")},
        key=key,
        on_select=lambda: _choose_pair(key, pairs),
        selection_mode="single-row",
    )


def _choose_pair(key: str, pairs: pd.DataFrame) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        pair = pairs.iloc[rows[0]]
        filter_classes(pair["truth"], pair["prediction"])
