"""A chart to choose samples by, and beside it a gallery of the chosen samples."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import selection, session
from scratchmlp.ui.evaluate import confusion_matrix, embedding_map, gallery
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions


def show_errors(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    _fragment(predictions, "errors", lambda: confusion_matrix.show(predictions))


def show_map(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    _fragment(predictions, "map", lambda: embedding_map.show(run, predictions))


def _fragment(predictions: Predictions, name: str, chart: Callable[[], None]) -> None:
    st.fragment(_explore)(predictions, name, chart)


def _explore(predictions: Predictions, name: str, chart: Callable[[], None]) -> None:
    """The gallery is sent before the chart, which takes longer."""
    if selection.sample() is not None:  # a sample was just opened
        st.rerun()
    left, right = st.columns([1, 1.2], gap="large")
    with session.errors_shown():
        with right:
            _filters(predictions)
            gallery.show(predictions, name)
        with left:
            chart()


def _filters(predictions: Predictions) -> None:
    """A button for each filter of the gallery; a press removes it."""
    classes = predictions.classes
    truth, prediction = selection.class_filters(classes)
    parts = [f"true {classes[truth]}"] if truth is not None else []
    parts += [f"predicted {classes[prediction]}"] if prediction is not None else []
    row = st.container(horizontal=True)
    if parts:
        _filter(row, ", ".join(parts), "chip", selection.clear_class_filters)
    if selection.area_filter(predictions.split_id) is not None:
        _filter(row, "area of the map", "area_chip", selection.clear_area)


def _filter(row: Any, text: str, key: str, clear: Callable[[], None]) -> None:
    help = "Remove this filter."
    row.button(escape(text), key=key, icon=":material/close:", on_click=clear, help=help)
