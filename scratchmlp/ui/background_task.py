"""A task on the page: a button that asks for it, its progress, its result."""

from typing import Any

import streamlit as st

from scratchmlp.runs.background_tasks import Arrays, BackgroundTask
from scratchmlp.ui import session

EVERY = 0.5  # seconds


def show(
    kind: str, settings: dict[str, Any], label: str, note: str, run_id: str | None = None
) -> Arrays | None:
    """The task's arrays, or None with a button or progress on the page.

    Parameters
    ----------
    label : of the button that asks for it.
    note : what it does and how long that takes.
    """
    task = session.store().tasks.find(kind, settings)
    if task and task.status == "done":
        return _result(task.id)
    if task and task.status in ("queued", "running"):
        st.fragment(_progress, run_every=EVERY)(task.id)
        return None
    if task and task.status == "failed":
        st.error(task.error)
    elif task and task.status == "lost":
        st.error("The process that worked on this has gone silent: start it again.")
    st.caption(note)
    st.button(label, key=f"ask_{kind}", on_click=_ask, args=[kind, settings, run_id])
    return None


@st.cache_resource(show_spinner=False, max_entries=6)
def _result(task_id: str) -> Arrays:
    return session.store().tasks.result(task_id)


def _ask(kind: str, settings: dict[str, Any], run_id: str | None) -> None:
    with session.errors_shown():
        session.jobs().submit_task(session.store().tasks.request(kind, settings, run_id).id)


def _progress(task_id: str) -> None:
    with session.errors_shown():
        task = session.store().tasks.get(task_id)
        if task.status not in ("queued", "running"):
            st.rerun()
        trouble = session.jobs().trouble
        if task.status == "queued" and trouble:
            st.error(trouble)
        st.progress(min(1.0, task.done / max(1, task.total)), text=_words(task))
        st.button("Cancel", key="cancel_study", on_click=_cancel, args=[task_id])


def _words(task: BackgroundTask) -> str:
    if task.status == "queued":
        return "Waiting for a free worker …"
    return f"{task.done:,} of {task.total:,} steps" if task.done else "Preparing …"


def _cancel(task_id: str) -> None:
    with session.errors_shown():
        session.store().tasks.cancel(task_id)
