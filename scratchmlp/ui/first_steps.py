"""What to do first: three steps that tick themselves off, until a visitor dismisses them."""

from contextlib import suppress

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.runs.visitors import FirstStep
from scratchmlp.ui import resources, session

DONE, TO_DO = ":green[**✓**]", "○"


def show() -> None:
    """The three steps, each with the page where it is done."""
    done = resources.store().visitors.first_steps(resources.current_visitor().id)
    if "dismissed" in done:
        return

    def label(step: FirstStep, words: str) -> str:
        return f"{DONE if step in done else TO_DO} {words}"

    with st.container(horizontal=True, key="first_steps", vertical_alignment="center"):
        st.markdown(label("train", "Train a net"), width="content")
        st.page_link("pages/evaluate.py", label=label("errors", "See what it gets wrong"))
        st.page_link("pages/draw.py", label=label("draw", "Draw a digit"))
        st.button("Hide", key="hide_steps", type="tertiary", on_click=_dismiss)


def note(step: FirstStep) -> None:
    """Note that the visitor has done this step."""
    with suppress(UserError):  # the page meets the same trouble with the database, and shows it
        visitors, visitor_id = resources.store().visitors, resources.current_visitor().id
        if step not in visitors.first_steps(visitor_id):
            visitors.note_first_step(visitor_id, step)


def _dismiss() -> None:
    with session.errors_shown():
        store = resources.store()
        store.visitors.note_first_step(store.visitor.id, "dismissed")
