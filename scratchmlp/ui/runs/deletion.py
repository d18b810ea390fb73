"""Deleting runs, and bringing them back: at once by a bar, for an hour by a list."""

from typing import Any

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import session

JUST_DELETED = "just_deleted"  # ids that the bar brings back


def delete(run_ids: list[str]) -> None:
    with session.errors_shown():
        session.store().run_list.delete(run_ids)
        st.session_state[JUST_DELETED] = run_ids


def restore(run_ids: list[str]) -> None:
    """Bring runs back; those that stood in line stand in line again."""
    with session.errors_shown():
        store = session.store()
        store.run_list.restore(run_ids)
        for run_id in set(store.queue()) & set(run_ids):
            session.jobs().submit(run_id)
        st.session_state.pop(JUST_DELETED, None)


def bar() -> None:
    """Says what was just deleted, with a button that undoes it."""
    ids: list[str] = st.session_state.get(JUST_DELETED, [])
    if not ids:
        return
    with st.container(key="undo_bar", border=True, horizontal=True, vertical_alignment="center"):
        words = "One run is" if len(ids) == 1 else f"{len(ids):,} runs are"
        st.markdown(f"{words} deleted.", width="stretch")
        label, icon = "Undo", ":material/undo:"
        st.button(label, key="undo", icon=icon, type="primary", on_click=restore, args=[ids])
        st.button("", key="dismiss", icon=":material/close:", help="Dismiss", on_click=_dismiss)


def _dismiss() -> None:
    st.session_state.pop(JUST_DELETED, None)


def everything(row: Any, runs: list[Run]) -> None:
    """Delete all runs, after a question."""
    if not runs:
        return
    with row.popover("Delete all", icon=":material/delete_sweep:", key="delete_all"):
        trains = sum(run.is_live for run in runs)
        stops = f" {trains} still train and will be stopped." if trains else ""
        st.markdown(f"Delete all {len(runs):,} runs?{stops} For an hour they can be brought back.")
        ids = [run.id for run in runs]
        label = "Delete all runs"
        st.button(label, key="delete_all_now", type="primary", on_click=delete, args=[ids])


def recent(row: Any) -> None:
    """The runs deleted within the last hour, each with a way back."""
    gone = session.store().run_list.deleted()
    if not gone:
        return
    with row.popover(f"Deleted ({len(gone):,})", icon=":material/restore_from_trash:", key="bin"):
        st.caption("Forgotten for good after an hour.")
        if len(gone) > 1:
            ids = [run.id for run in gone]
            st.button("Bring all back", key="restore_all", on_click=restore, args=[ids])
        for run in gone[:MOST]:
            name = f"{run.title} · {run.id[:6]}"
            key, icon = f"restore_{run.id}", ":material/undo:"
            st.button(name, key=key, icon=icon, on_click=restore, args=[[run.id]], type="tertiary")


MOST = 20
