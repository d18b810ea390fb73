"""The runs with everything to do to them, looked at again and again while one is under way."""

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import (
    elsewhere,
    live,
    network_upload,
    ownership,
    resources,
    run_status,
    session,
)
from scratchmlp.ui.runs import actions, deletion, run_table

HANDS = "The run hands comes with the program: see it on Draw and Evaluate."


def show() -> None:
    is_live = _is_live(resources.store().runs())
    every = live.seconds() if is_live else None
    st.fragment(_overview, run_every=every)(is_live)
    if not is_live:
        elsewhere.follow()


def _is_live(runs: list[Run]) -> bool:
    return any(run.is_under_way for run in runs)


def _overview(was_live: bool) -> None:
    with session.errors_shown():
        runs = resources.store().runs()
        if _is_live(runs) != was_live:
            st.rerun()
        deletion.undo_bar()
        run_status.kept_runs_warning()
        if not runs:
            _no_runs()
            return
        row = st.container(horizontal=True, vertical_alignment="bottom")
        shown, titles = run_table.filtered(row, runs), run_status.titles(runs)
        columns = run_table.choose_columns(row)
        chosen = run_table.choose_run(row, shown, titles)
        top = st.container()  # the actions stand above the table, which says what is ticked
        if shown:
            ticked = run_table.show(shown, titles, columns)
            with top:
                actions.show(ticked, titles)
            if run := chosen or run_table.opened(shown):
                actions.open_on_train(run)
        else:
            st.info("No runs match. Remove a filter to see the others.")
        _footer(runs, shown)


def _no_runs() -> None:
    st.info("No runs yet. Train one, or load a saved network.")
    row = st.container(horizontal=True, vertical_alignment="center")
    row.page_link("pages/train.py", label="Go to Train", icon=":material/play_arrow:")
    network_upload.popover(row)
    deletion.recently_deleted(row)
    st.caption(HANDS)


def _footer(runs: list[Run], shown: list[Run]) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    all_runs = "1 run" if len(runs) == 1 else f"{len(runs):,} runs"
    is_filtered = len(shown) < len(runs)
    row.caption(f"{len(shown):,} of {all_runs}" if is_filtered else all_runs, width="stretch")
    network_upload.popover(row)
    deletion.recently_deleted(row)
    st.caption(HANDS)
    deletion.delete_all(row, [run for run in runs if ownership.is_own(run)])
