"""The views of a run below its curves. One is open at a time, and only that one is drawn.

A view is called when the page is. One that changes with the run brings its own fragment.
"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import layout
from scratchmlp.ui.session import TRAIN_VIEW
from scratchmlp.ui.train import code, comparison, diagnosis, export, layers, pictures

View = Callable[[Run], None]

VIEWS: dict[str, View] = {
    "Diagnosis": diagnosis.show,
    comparison.TITLE: comparison.show,
    "Inside": layers.show,
    pictures.TITLE: pictures.show,
    "Code": code.show,
    "Export": export.show,
}
NEED_NO_RUN = {pictures.TITLE: pictures.show}
READ_SETTINGS = {pictures.TITLE}  # views that show what the controls are set to


def show(run: Run | None) -> None:
    """All views of a run. Without a run there is the one that needs none."""
    views = {title: partial(view, run) for title, view in VIEWS.items()} if run else NEED_NO_RUN
    with st.container(key="view"):
        layout.show_tabs(TRAIN_VIEW, views)


def reads_settings() -> bool:
    """Whether the open view shows what the controls are set to."""
    return st.session_state.get(TRAIN_VIEW) in READ_SETTINGS
