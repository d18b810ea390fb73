"""The frame of every page: its title, the navigation, and sentences in place of errors."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
import torch

from scratchmlp.ui import accessible_names, notices, resources, session, visitor
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import FORGOTTEN, HAS_FRAME

# The first one is at /.
PAGES = {"train": "Train", "evaluate": "Evaluate", "draw": "Draw", "runs": "Runs"}
HOSTED_DAMAGE = (
    "A part of this server's database is damaged and left out: tell whoever runs the server."
)
# Less empty space on top; text on the primary colour that can be read on its dark variant, which a
# popover does not know; a popover as high as what is in it, so that it opens where there is room;
# axes, legends and words of charts in the colour of text; links to the pages where the header has
# no room for them; code in colours that can be read. Streamlit has no theme options for these.
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem }
[data-testid=stBaseButton-primary] { color: light-dark(#ffffff, #11161d) }
[data-testid=stPopoverBody] [data-testid=stBaseButton-primary] { color: #ffffff;
  background: #0b5cad; border-color: #0b5cad }
[data-testid=stPopoverBody] { max-height: 70vh !important }
[data-testid=stTopNav] a:focus-visible { outline: 3px solid #2f7fd1 }
:is(.role-axis, .role-legend, .words_marks, .references_marks) text { fill: currentColor;
  fill-opacity: .8 }
.stApp:has([data-testid=stTopNav]) [data-testid=stLayoutWrapper]:has(> .st-key-pages) {
  display: none }
@media (max-width: 768px) { .st-key-train_here { display: none } }
@media (min-width: 769px) { .stApp :has(> .st-key-whole_label) { display: none } }
.stHeading :is(h2, h3) { padding: 0 }
:is(.st-key-class, .st-key-you) .stHeading { padding-bottom: .5rem }
[class*=st-key-section_] { position: absolute; height: 1px; clip-path: inset(50%) }
.stApp .stCode .token { color: inherit }
.stApp .stCode .token:is(.keyword, .function, .class-name) { color: light-dark(#0b5cad, #7bbcff) }
.stApp .stCode .token:is(.string, .number, .boolean) { color: light-dark(#14713a, #5fd38d) }
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
    with st.container(horizontal=True, key="pages"):
        for link in pages:
            st.page_link(link)
        accessible_names.mend()
    st.session_state[HAS_FRAME] = True
    try:
        if st.session_state.get(FORGOTTEN):
            _start_anew()
        elif visitor.has_login() and not visitor.is_logged_in():
            _log_in()
        else:
            page.run()
    finally:
        st.session_state[HAS_FRAME] = False


def _log_in() -> None:
    st.title("scratchmlp", anchor=False)
    st.markdown("Log in to train networks of your own on this server.")
    st.button("Log in", type="primary", key="log_in", on_click=st.login)


def _start_anew() -> None:
    """The browser loads the page again, and the server gives it the id of a new visitor."""
    st.success("You are forgotten: nothing of yours is left here. This page starts anew.")
    script = "setTimeout(() => location.replace(location.pathname), 2000)"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def show(page: Callable[[], None]) -> None:
    """Draw a page; a `UserError` becomes its sentence.

    A server that has just started runs the file in `pages` that the address names, without
    `app.py`. Then the frame is drawn from here.
    """
    if not st.session_state.get(HAS_FRAME):
        run()
        return
    notices.show()
    notice = st.container()
    with session.errors_shown():
        page()
        if sentence := resources.store().damage:
            notice.warning(HOSTED_DAMAGE if visitor.is_hosted() else escape(sentence))


def show_tabs(key: str, views: Mapping[str, Callable[[], None]], /, **options: Any) -> None:
    """A tab for each view, by its title; only the open one is drawn.

    `options` are arguments of `st.tabs`, where the open tab is kept elsewhere than under `key`.
    """
    tabs = st.tabs(list(views), **({"key": key, "on_change": "rerun"} | options))
    for tab, (title, view) in zip(tabs, views.items(), strict=True):
        if tab.open:
            with tab:
                section(title)
                view()


def section(title: str) -> None:
    """A heading for a part of a page, for those who jump from heading to heading.

    Others see where the part begins.
    """
    with st.container(key=f"section_{title.lower().replace(' ', '_')}"):
        st.header(title, anchor=False)
