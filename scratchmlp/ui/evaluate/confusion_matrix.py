"""The confusion matrix: click a square, or choose by the two lists, to see those pictures."""

import pandas as pd
import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.charts.evaluation import confusion_chart
from scratchmlp.ui import layout, predictions
from scratchmlp.ui.predictions import ANSWER, ANY, CLEARED, TRUTH, Predictions


def show(seen: Predictions) -> None:
    classes, cells = seen.network.classes, seen.cells
    row = st.container(horizontal=True, vertical_alignment="center")
    rates = row.toggle("Rates", key="rates", help="Shares of each truth in place of counts.")
    diagonal = row.toggle("Right ones too", key="diagonal", help="Show the diagonal as well.")
    by_errors = row.toggle("Most confused first", key="by_errors", help="Sort by errors.")
    order = evaluation.classes_by_errors(seen.table, classes) if by_errors else list(classes)
    shown = cells if diagonal else cells[cells["truth"] != cells["prediction"]]
    with st.container(key="confusion"):
        key = f"confusion_{st.session_state.get(CLEARED, 0)}"
        st.altair_chart(
            confusion_chart(shown, order, rates, ink=layout.ink()),
            key=key,
            on_select=lambda: _clicked(key),
            selection_mode="cell",
            alt="Confusion matrix; the two lists below choose the same squares by keyboard.",
        )
    left, right = st.columns(2)
    options = [ANY, *classes]
    left.selectbox("Truth", options, key=TRUTH, persist_state="session")
    right.selectbox("Answer", options, key=ANSWER, persist_state="session")
    _tables(seen)


def _clicked(key: str) -> None:
    picked = st.session_state[key]["selection"]["cell"]
    if picked:
        st.session_state[TRUTH] = picked[0]["truth"]
        st.session_state[ANSWER] = picked[0]["prediction"]


def chips(seen: Predictions) -> None:
    """What the gallery is filtered by; pressing one removes that filter."""
    classes = seen.network.classes
    truth, answer = predictions.filters(classes)
    parts = [f"true {classes[truth]}"] if truth is not None else []
    parts += [f"answered {classes[answer]}"] if answer is not None else []
    row = st.container(horizontal=True)
    if parts:
        row.button(
            ", ".join(parts),
            key="chip",
            icon=":material/close:",
            on_click=predictions.filter_by,
            help="Remove this filter.",
        )
    if predictions.area_of(seen) is not None:
        row.button(
            "an area of the map",
            key="area_chip",
            icon=":material/close:",
            on_click=predictions.clear_area,
            help="Remove this filter.",
        )


PERCENT = st.column_config.NumberColumn(format="percent")


def _tables(seen: Predictions) -> None:
    """The most confused pairs, to choose from, and figures of each class; sent when opened."""
    with st.expander("Most confused pairs", key="pairs", on_change="rerun") as pairs:
        if pairs.open:
            _pairs(seen)
    name = "Totals, precision, recall and F1 of each class"
    with st.expander(name, key="per_class", on_change="rerun") as per_class:
        if per_class.open:
            table = evaluation.per_class(seen.table, seen.network.classes)
            config = dict.fromkeys(("precision", "recall", "F1"), PERCENT)
            st.dataframe(table, hide_index=True, column_config=config)


def _pairs(seen: Predictions) -> None:
    cells = seen.cells
    most = cells[(cells["truth"] != cells["prediction"]) & (cells["count"] > 0)]
    most = most.sort_values("count", ascending=False, kind="stable").head(20)
    st.dataframe(
        most,
        hide_index=True,
        column_config={"rate": PERCENT},
        key=f"pairs_{st.session_state.get(CLEARED, 0)}",
        on_select=lambda: _chose_pair(most),
        selection_mode="single-row",
    )


def _chose_pair(most: pd.DataFrame) -> None:
    rows = st.session_state[f"pairs_{st.session_state.get(CLEARED, 0)}"]["selection"]["rows"]
    if rows:
        pair = most.iloc[rows[0]]
        st.session_state[TRUTH], st.session_state[ANSWER] = pair["truth"], pair["prediction"]
