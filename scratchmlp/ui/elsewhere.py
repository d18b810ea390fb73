"""Draws a page anew when a run begins or goes on elsewhere, for example in a terminal.

A page of runs that have ended looks at nothing else while nobody touches it. Where visitors share
the server it does not even look for that: their runs are their own, and the next press shows them.
"""

import streamlit as st

from scratchmlp.ui import resources, session, visitor

LOOK_SECONDS = 3.0


def follow() -> None:
    """Look again and again which runs are under way, by one small query."""
    if not visitor.is_hosted():
        st.fragment(_look, run_every=LOOK_SECONDS)(resources.store().run_list.under_way())


def _look(before: list[str]) -> None:
    with session.errors_shown():
        if resources.store().run_list.under_way() != before:
            st.rerun()
