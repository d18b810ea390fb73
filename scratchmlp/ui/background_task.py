"""A background task on the page: a button that starts it, its progress, its result."""

from typing import Any

import streamlit as st

from scratchmlp.runs.background_tasks import Arrays, BackgroundTask
from scratchmlp.ui import live, resources, session
from scratchmlp.ui.markdown import escape

UNDER_WAY = "queued", "running", "lost"


def show(
    kind: str, settings: dict[str, Any], label: str, note: str, run_id: str | None = None
) -> Arrays | None:
    """The arrays of the task, or None with a button or its progress on the page.

    Parameters
    ----------
    label : text of the button that starts it.
    note : what it does and how long that takes.
    """
    task = resources.store().tasks.find(kind, settings)
    if task and task.status == "done":
        return _result(task.id)
    if task and task.status in UNDER_WAY:
        st.fragment(_progress, run_every=live.seconds() / 2)(task.id)
        return None
    if task and task.status == "failed":
        st.error(escape(task.error or ""))
    st.caption(note)
    st.button(label, key=f"ask_{kind}", on_click=_start, args=[kind, settings, run_id])
    return None


def find_result(kind: str, settings: dict[str, Any]) -> Arrays | None:
    """The arrays of the task if it is done; nothing is shown."""
    task = resources.store().tasks.find(kind, settings)
    return _result(task.id) if task and task.status == "done" else None


@st.cache_resource(show_spinner=False, max_entries=6)
def _result(task_id: str) -> Arrays:
    return resources.store().tasks.result(task_id)


def _start(kind: str, settings: dict[str, Any], run_id: str | None) -> None:
    with session.errors_shown():
        resources.store().tasks.request(kind, settings, run_id)
        resources.jobs().wake()


def _progress(task_id: str) -> None:
    with session.errors_shown():
        task = resources.store().tasks.get(task_id)
        if task.status not in UNDER_WAY:
            st.rerun()
        trouble = resources.jobs().trouble
        if task.status == "queued" and trouble:
            st.error(escape(trouble))
        st.progress(min(1.0, task.done / max(1, task.total)), text=_progress_text(task))
        st.button("Cancel", key="cancel_study", on_click=_cancel, args=[task_id])


def _progress_text(task: BackgroundTask) -> str:
    if task.status == "lost":
        return "Its process does not answer. It starts again by itself …"
    if task.status == "queued":
        return "Waiting for a free worker …"
    return f"{task.done:,} of {task.total:,} steps" if task.done else "Preparing …"


def _cancel(task_id: str) -> None:
    with session.errors_shown():
        resources.store().tasks.cancel(task_id)
