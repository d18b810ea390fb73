"""Runs: all there are, and all one does with them."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.runs.store import Run
from scratchmlp.ui import layout, network_upload, session
from scratchmlp.ui.runs import actions, deletion, run_table

MOVING, IDLE = 1.0, 5.0  # seconds between two looks at the runs: while one moves, and else


def page() -> None:
    st.title("Runs", anchor=False)
    moving = _moving(session.store().runs())
    st.fragment(look, run_every=MOVING if moving else IDLE)(moving)


def look(was_moving: bool) -> None:
    with session.errors_shown():
        runs = session.store().runs()
        if _moving(runs) != was_moving:
            st.rerun()
        deletion.bar()
        if not runs:
            nothing()
            return
        shown = run_table.found(runs)
        bar = st.container()
        if shown:
            chosen = run_table.show(shown)
            with bar:
                actions.bar(chosen)
        else:
            st.info("No run is like that. Take a filter away to see the others.")
        summary(runs, shown)


def _moving(runs: list[Run]) -> bool:
    return any(run.is_under_way for run in runs)


def nothing() -> None:
    st.info("There is no run. Train one, or load a net from its file.")
    row = st.container(horizontal=True, vertical_alignment="center")
    row.page_link("pages/train.py", label="Go to Train", icon=":material/play_arrow:")
    network_upload.popover(row)
    deletion.recent(row)


def summary(runs: list[Run], shown: list[Run]) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    some = f"{len(shown):,} of {len(runs):,} runs" if len(shown) < len(runs) else ""
    everything = "1 run" if len(runs) == 1 else f"{len(runs):,} runs"
    row.caption(some or everything, width="stretch")
    network_upload.popover(row)
    deletion.recent(row)
    deletion.everything(row, runs)


layout.show(page)
