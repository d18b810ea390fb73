"""A chart to choose samples by, and beside it a gallery of the chosen samples."""

from collections.abc import Callable

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.evaluate import confusion_matrix, embedding_map, gallery, scrolling, state
from scratchmlp.ui.predictions import Predictions

MANY = 12  # classes; with more, a matrix needs the whole width


def show_errors(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    is_wide = len(predictions.classes) > MANY
    _fragment(predictions, "errors", lambda: confusion_matrix.show(predictions), is_wide)


def show_map(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    _fragment(predictions, "map", lambda: embedding_map.show(run, predictions), False)


def _fragment(
    predictions: Predictions, name: str, chart: Callable[[], None], is_wide: bool
) -> None:
    st.fragment(_explore)(predictions, name, chart, is_wide)


def _explore(predictions: Predictions, name: str, chart: Callable[[], None], is_wide: bool) -> None:
    """The gallery is sent before the chart, which takes longer."""
    if state.now().sample is not None:  # a sample was just opened
        st.rerun()
    if is_wide:
        left, right = st.container(), st.container()
    else:
        left, right = st.columns([1, 1.2], gap="large")
    with session.errors_shown():
        embedding_map.check_area(predictions)
        with right.container(key="explored"):
            gallery.show(predictions, name)
        with left:
            chart()
        scrolling.reveal_gallery()
