"""A study on the page: a button that asks for it, its progress, its result."""

from typing import Any

import streamlit as st

from scratchmlp.runs.studies import Arrays, Study
from scratchmlp.ui import session

EVERY = 0.5  # seconds


def show(
    kind: str, settings: dict[str, Any], label: str, note: str, run_id: str | None = None
) -> Arrays | None:
    """The study's arrays, or None with a button or progress on the page.

    Parameters
    ----------
    label : of the button that asks for it.
    note : what it does and how long that takes.
    """
    study = session.store().studies.find(kind, settings)
    if study and study.status == "done":
        return _result(study.id)
    if study and study.status in ("queued", "running"):
        st.fragment(_progress, run_every=EVERY)(study.id)
        return None
    if study and study.status == "failed":
        st.error(study.error)
    elif study and study.status == "lost":
        st.error("The process that worked on this has gone silent: start it again.")
    st.caption(note)
    st.button(label, key=f"ask_{kind}", on_click=_ask, args=[kind, settings, run_id])
    return None


@st.cache_resource(show_spinner=False, max_entries=6)
def _result(study_id: str) -> Arrays:
    return session.store().studies.result(study_id)


def _ask(kind: str, settings: dict[str, Any], run_id: str | None) -> None:
    with session.errors_shown():
        session.jobs().submit_study(session.store().studies.ask(kind, settings, run_id).id)


def _progress(study_id: str) -> None:
    with session.errors_shown():
        study = session.store().studies.get(study_id)
        if study.status not in ("queued", "running"):
            st.rerun()
        trouble = session.jobs().trouble
        if study.status == "queued" and trouble:
            st.error(trouble)
        st.progress(min(1.0, study.done / max(1, study.total)), text=_words(study))
        st.button("Cancel", key="cancel_study", on_click=_cancel, args=[study_id])


def _words(study: Study) -> str:
    if study.status == "queued":
        return "Waiting for a free worker …"
    return f"{study.done:,} of {study.total:,} steps" if study.done else "Preparing …"


def _cancel(study_id: str) -> None:
    with session.errors_shown():
        session.store().studies.cancel(study_id)
