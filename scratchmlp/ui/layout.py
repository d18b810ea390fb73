"""What stands around every page: its title, the navigation, and sentences instead of errors."""

from collections.abc import Callable

import streamlit as st
import torch

from scratchmlp.charts.theme import INK
from scratchmlp.ui import session

# The first is the one at /.
PAGES = {"train": "Train", "evaluate": "Evaluate", "draw": "Draw", "runs": "Runs"}
# Less empty space on top, and words on the primary colour that can be read on its dark variant.
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem }
[data-testid=stBaseButton-primary] { color: light-dark(#ffffff, #11161d) }
[data-testid=stTopNav] a:focus-visible { outline: 3px solid #2f7fd1 }
</style>"""
FRAMED = "framed"  # whether this run of the script has come through `run`


def run() -> None:
    """Configure the app, choose the page by the address, and run it."""
    torch.set_num_threads(1)  # beside a training run, two that wait for each other are far slower
    st.set_page_config(page_title="scratchmlp", page_icon="✏️", layout="wide")
    pages = [
        st.Page(f"pages/{name}.py", title=title, default=position == 0)
        for position, (name, title) in enumerate(PAGES.items())
    ]
    page = st.navigation(pages, position="top")
    st.html(STYLE)
    st.session_state[FRAMED] = True
    try:
        page.run()
    finally:
        st.session_state[FRAMED] = False


def show(page: Callable[[], None]) -> None:
    """Draw a page; a `UserError` becomes its sentence.

    A server that has just started runs the file in `pages` that an address names by itself. Then
    the frame is put around it here, as if `app.py` had been run.
    """
    if not st.session_state.get(FRAMED):
        run()
        return
    with session.errors_shown():
        page()


def ink() -> str:
    """The colour of words, for a chart that writes on the page's background."""
    return "#e6ebf2" if st.context.theme.type == "dark" else INK
