"""What there is to see of a run below its curves: one view at a time, and only that one is drawn.

A view is a function of the run. It is called when the page is; one that moves with the run brings
its own fragment (`st.fragment(…, run_every=live.pace(run))`).
"""

from collections.abc import Callable

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui.train import code, comparison, diagnosis, downloads, layers, lr_finder

View = Callable[[Run], None]

OPEN = "run_view"  # the name of the view that is open
RATE = "Find a rate"
VIEWS: dict[str, View] = {
    "Diagnosis": diagnosis.show,
    "Compare": comparison.show,
    RATE: lr_finder.show,
    "Inside": layers.show,
    "Code": code.show,
    "Take away": downloads.show,
}


def reads_settings() -> bool:
    """Is a view open that shows what the controls are set to?"""
    return st.session_state.get(OPEN) == RATE


def show(run: Run) -> None:
    tabs = st.tabs(list(VIEWS), key=OPEN, on_change="rerun")
    for tab, view in zip(tabs, VIEWS.values(), strict=True):
        if tab.open:
            with tab:
                view(run)
