"""Runs: all runs in a table, and everything you can do to them."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.ui import layout
from scratchmlp.ui.runs import views, you


def page() -> None:
    st.title("Runs", anchor=False)
    views.show()
    you.show()


layout.show(page)
