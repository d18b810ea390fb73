"""What one does with the runs that are chosen: name them, go on with them, open, compare, delete."""

from typing import Any

import streamlit as st

from scratchmlp.net.config import FIELDS, unparse
from scratchmlp.runs.catalogue import LONGEST_NAME, LONGEST_NOTE
from scratchmlp.runs.store import Run
from scratchmlp.ui import assessment, choice, live, session, undo, versus

PLACES = {
    "train": ("Train", ":material/monitoring:"),
    "evaluate": ("Evaluate", ":material/grading:"),
    "draw": ("Draw", ":material/draw:"),
}


def bar(chosen: list[Run]) -> None:
    """Buttons for what can be done with the chosen runs."""
    if not chosen:
        st.caption("Choose runs by the boxes at the left of the table to name, open, compare … them.")
        return
    with st.container(key="actions", border=True):
        if len(chosen) == 1:
            _one(chosen[0])
        else:
            _several(chosen)


def _one(run: Run) -> None:
    color, icon = live.BADGES[run.status]
    st.markdown(f":{color}-badge[{icon} {run.status}] **{choice.title(run)}**")
    if run.error:
        st.caption(run.error)
    row = st.container(horizontal=True)
    _open_buttons(row, run)
    _describe(row, run)
    if row.button("Same settings", key="duplicate", icon=":material/content_copy:", help=_SAME):
        set_controls(run)
    _drive(row, [run])
    _delete(row, [run], "Delete")


_SAME = "Opens Train with every control set as for this run."


def _several(chosen: list[Run]) -> None:
    st.markdown(f"**{len(chosen)} runs**")
    row = st.container(horizontal=True)
    trained = [run for run in chosen if run.best_epoch is not None]
    if row.button("Compare curves", key="compare_curves", icon=":material/stacked_line_chart:"):
        compare_curves(chosen)
    if len(chosen) == len(trained) == 2 and row.button(
        "Compare answers", key="compare_answers", icon=":material/compare_arrows:"
    ):
        compare_answers(*chosen)
    _drive(row, chosen)
    _delete(row, chosen, f"Delete {len(chosen)}")


def _open_buttons(row: Any, run: Run) -> None:
    for page in session.pages():
        label, icon = PLACES[page]
        can = page == "train" or run.best_epoch is not None
        help = None if can else "It has no checkpoint yet: wait for its first epoch."
        if row.button(label, key=f"open_{page}", icon=icon, disabled=not can, help=help):
            open_in(page, run)
