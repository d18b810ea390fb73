"""The frame of every page: its title, the navigation, and sentences in place of errors."""

from collections.abc import Callable, Mapping

import streamlit as st
import torch

from scratchmlp.charts.theme import INK
from scratchmlp.ui import session
from scratchmlp.ui.session import ARRIVED, HAS_FRAME, PAGE

# The first one is at /.
PAGES = {"train": "Train", "evaluate": "Evaluate", "draw": "Draw", "runs": "Runs"}
# Less empty space on top, and text on the primary colour that can be read on its dark variant.
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem }
[data-testid=stBaseButton-primary] { color: light-dark(#ffffff, #11161d) }
[data-testid=stTopNav] a:focus-visible { outline: 3px solid #2f7fd1 }
</style>"""


def run() -> None:
    """Configure the app, choose the page by the address, and run it."""
    torch.set_num_threads(1)  # two threads that wait for each other are slow beside a training run
    st.set_page_config(page_title="scratchmlp", page_icon="✏️", layout="wide")
    pages = [
        st.Page(f"pages/{name}.py", title=title, default=position == 0)
        for position, (name, title) in enumerate(PAGES.items())
    ]
    page = st.navigation(pages, position="top")
    st.html(STYLE)
    st.session_state[HAS_FRAME] = True
    if st.session_state.get(PAGE) != page.title:
        st.session_state[PAGE], st.session_state[ARRIVED] = page.title, True
    try:
        page.run()
    finally:
        st.session_state[HAS_FRAME] = False


def show(page: Callable[[], None]) -> None:
    """Draw a page; a `UserError` becomes its sentence.

    A server that has just started runs the file in `pages` that the address names, without
    `app.py`. Then the frame is drawn from here.
    """
    if not st.session_state.get(HAS_FRAME):
        run()
        return
    with session.errors_shown():
        page()


def show_tabs(key: str, views: Mapping[str, Callable[[], None]]) -> None:
    """A tab for each view, by its title; only the open one is drawn."""
    tabs = st.tabs(list(views), key=key, on_change="rerun")
    for tab, view in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                view()


def text_color() -> str:
    """The colour of text, for a chart that writes on the page's background."""
    return "#e6ebf2" if st.context.theme.type == "dark" else INK
