"""The confusion matrix: click a cell, or choose in the two lists, to see those pictures."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.charts.confusion import confusion_chart, least_width
from scratchmlp.ui import session, switch
from scratchmlp.ui.evaluate import state
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.share_table import with_percents

Cell = tuple[str, str]  # names of the truth and the prediction; "" for any
ANY: Cell = "", ""


def show(predictions: Predictions) -> None:
    asked = state.now()
    with st.container(horizontal=True, vertical_alignment="center"):
        switch.show(
            "Show %",
            asked.percent,
            help="Show shares of each row instead of counts.",
            **state.widget("percent"),
        )
        switch.show(
            "Include correct",
            asked.correct,
            help="Show the diagonal, and correct predictions in the gallery.",
            **state.widget("correct"),
        )
        switch.show(
            "Sort by errors",
            asked.by_errors,
            help="Show the classes with most errors first.",
            **state.widget("by_errors"),
        )
    _matrix(predictions)
    left, right = st.columns(2)
    for column, label in ((left, "Truth"), (right, "Prediction")):
        name = label.lower()
        options = ["", *predictions.classes]
        column.selectbox(
            label,
            options,
            options.index(getattr(asked, name)),
            format_func=lambda name: name or "any",
            **state.widget(name),
        )
    _tables(predictions)


def _matrix(predictions: Predictions) -> None:
    """The picture marks what the two lists say; a second click on a cell takes it back."""
    asked, classes, cells = state.now(), predictions.classes, predictions.cells
    cell = asked.truth, asked.prediction
    if not (asked.correct or asked.truth == asked.prediction != ""):
        cells = cells[cells["truth"] != cells["prediction"]]
    order = list(classes)
    if asked.by_errors:
        order = evaluation.classes_by_errors(predictions.table, classes)
    look = _version(predictions), asked.percent, len(cells), asked.by_errors
    chart = session.synced_chart("confusion", cell, ANY, look, _choose_cell)
    with frame("confusion", order):
        st.altair_chart(
            confusion_chart(cells, order, asked.percent, marked=chart.first),
            key=chart.key,
            on_select=chart.on_select,
            selection_mode="cell",
            alt="Confusion matrix; the two lists below choose the same cells by keyboard.",
        )


def frame(key: str, order: list[str]) -> Any:
    """Around a matrix of these classes. With many of them it is scrolled sideways on a phone."""
    container, width = st.container(key=key), least_width(order)
    if width:
        rules = f".st-key-{key} {{ overflow-x: auto }} .st-key-{key} > * {{ min-width: {width}px }}"
        container.html(f"<style>{rules}</style>")
    return container


def _version(predictions: Predictions) -> tuple[Any, ...]:
    return *predictions.split_id, predictions.step


def _choose_cell(selection: Any) -> Cell:
    """A click on the cell that is chosen clears it, whether the chart marked it or the state."""
    cells = [(cell["truth"], cell["prediction"]) for cell in selection["cell"]]
    chosen = state.now().truth, state.now().prediction
    return _choose(cells[-1] if cells and cells[-1] != chosen else ANY)


def _choose(cell: Cell) -> Cell:
    state.change(truth=cell[0], prediction=cell[1])
    if any(cell):
        state.reveal_gallery()
    return cell


def _tables(predictions: Predictions) -> None:
    """The most confused pairs, to choose from, and figures of each class; sent when opened."""
    with st.expander("Most confused pairs", key="pairs", on_change="rerun") as pairs:
        if pairs.open:
            _pairs(predictions)
    title = "Precision, recall and F1 per class"
    with st.expander(title, key="per_class", on_change="rerun") as per_class:
        if per_class.open:
            table = evaluation.per_class(predictions.table, predictions.classes)
            shares = ["precision", "recall", "F1"]
            st.dataframe(with_percents(table, shares), hide_index=True)


def _pairs(predictions: Predictions) -> None:
    cells = predictions.cells
    pairs = cells[(cells["truth"] != cells["prediction"]) & (cells["count"] > 0)]
    pairs = pairs.sort_values("count", ascending=False, kind="stable").head(20)
    asked = state.now()
    chosen = asked.truth, asked.prediction
    table = session.synced_chart(
        "pairs", chosen, ANY, _version(predictions), partial(_choose_pair, pairs)
    )
    st.dataframe(
        with_percents(pairs, ["rate"]),
        hide_index=True,
        column_config={"rate": "share of truth"},
        key=table.key,
        on_select=table.on_select,
        selection_mode="single-row",
    )


def _choose_pair(pairs: pd.DataFrame, selection: Any) -> Cell:
    if not selection["rows"]:
        return _choose(ANY)
    pair = pairs.iloc[selection["rows"][0]]
    return _choose((pair["truth"], pair["prediction"]))
