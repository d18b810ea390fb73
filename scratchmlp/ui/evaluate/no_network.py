"""A selected run without a network: what became of it, and the way on. No other run stands in."""

import streamlit as st

from scratchmlp.runs import built_in
from scratchmlp.runs.store import Run
from scratchmlp.ui import live, resources, run_picker, selection, session
from scratchmlp.ui.evaluate import state
from scratchmlp.ui.markdown import escape

REASONS = {
    "queued": "This run waits for a worker. It can be evaluated after its first epoch.",
    "running": "This run is in its first epoch. It can be evaluated after that.",
    "paused": "This run is paused in its first epoch. It can be evaluated after that.",
    "diverged": "This run diverged in its first epoch, so it has no network to evaluate.",
}


def show(run_id: str, runs: dict[str, Run]) -> None:
    """Say why there is nothing to evaluate, and offer the best of `runs`, or the run's curves."""
    store = resources.store()
    run = next((run for run in store.runs() if run.id == run_id), None)
    is_deleted = any(run.id == run_id for run in store.run_list.deleted())
    with st.container(key="no_network", border=True):
        st.warning(_reason(run, is_deleted))
        best = run_picker.best_run(runs)
        if best:
            which = "the network of the program"
            if best.id != built_in.HANDS:
                which = f"the best run on {escape(best.dataset)}"
            st.button(
                f"Show {which}",
                key="show_best",
                type="primary",
                on_click=state.select_run,
                args=[best.id],
            )
        if run:
            st.page_link("pages/train.py", label="See its curves", icon=":material/show_chart:")
        else:
            st.page_link("pages/runs.py", label="All runs", icon=":material/list:")
    if run and run.is_under_way:
        st.fragment(_wait, run_every=live.seconds())(run_id)


def _reason(run: Run | None, is_deleted: bool) -> str:
    if is_deleted:
        return "This run was deleted. You can restore it on the Runs page for an hour."
    if run is None:
        return "This run does not exist. It was deleted long ago, or the link is wrong."
    otherwise = f"This run is {run.status}, and has no network to evaluate."
    return REASONS.get(run.status, otherwise)


def _wait(run_id: str) -> None:
    with session.errors_shown():
        run = selection.followed_run(run_id)
        if run.best_epoch is not None or not run.is_under_way:
            st.rerun()
