"""Delete runs, and restore them: at once by Undo, for an hour from a list."""

from typing import Any

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, run_status, session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import DELETED_RUNS

MAX_LISTED = 20


def delete(run_ids: list[str]) -> None:
    with session.errors_shown():
        resources.store().run_list.delete(run_ids)
        st.session_state[DELETED_RUNS] = run_ids


def restore(run_ids: list[str]) -> None:
    """Restore deleted runs; those that were in the queue are in the queue again."""
    with session.errors_shown():
        store = resources.store()
        store.run_list.restore(run_ids)
        for run_id in set(store.queue()) & set(run_ids):
            resources.jobs().submit(run_id)
        st.session_state.pop(DELETED_RUNS, None)


def undo_bar() -> None:
    """What was just deleted, with a button that restores it."""
    ids: list[str] = st.session_state.get(DELETED_RUNS, [])
    if not ids:
        return
    with st.container(key="undo_bar", border=True, horizontal=True, vertical_alignment="center"):
        runs = "One run is" if len(ids) == 1 else f"{len(ids):,} runs are"
        st.markdown(f"{runs} deleted.", width="stretch")
        label, icon = "Undo", ":material/undo:"
        st.button(label, key="undo", icon=icon, type="primary", on_click=restore, args=[ids])
        st.button("Dismiss", key="dismiss", type="tertiary", on_click=_dismiss)


def _dismiss() -> None:
    st.session_state.pop(DELETED_RUNS, None)


def delete_all(row: Any, runs: list[Run]) -> None:
    """A button that deletes all runs, after a question."""
    if not runs:
        return
    with row.popover("Delete all", icon=":material/delete_sweep:", key="delete_all"):
        live = sum(run.is_live for run in runs)
        stops = f" {live} still training will be stopped." if live else ""
        st.markdown(f"Delete all {len(runs):,} runs?{stops} You can restore them for an hour.")
        ids = [run.id for run in runs]
        label = "Delete all runs"
        st.button(label, key="delete_all_now", type="primary", on_click=delete, args=[ids])


def recently_deleted(row: Any) -> None:
    """The runs deleted within the last hour, each with a button that restores it."""
    runs = resources.store().run_list.deleted()
    if not runs:
        return
    label = f"Restore deleted runs ({len(runs):,})"
    with row.popover(label, icon=":material/restore_from_trash:", key="bin"):
        st.caption("Deleted permanently after an hour.")
        if len(runs) > 1:
            ids = [run.id for run in runs]
            st.button("Restore all", key="restore_all", on_click=restore, args=[ids])
        titles = run_status.titles(runs)
        for run in runs[:MAX_LISTED]:
            title = escape(f"Restore {titles[run.id]}")
            key, icon = f"restore_{run.id}", ":material/undo:"
            st.button(title, key=key, icon=icon, on_click=restore, args=[[run.id]], type="tertiary")
