"""What stands above every page of a hosted server: what a visitor must know whatever they do."""

import streamlit as st

from scratchmlp.ui import pacing, resources, session, visitor
from scratchmlp.ui.markdown import with_links

MESSAGE_SECONDS = 10.0  # between two looks for a new message, which also say who is here


def show() -> None:
    if not visitor.is_hosted():
        return
    with st.container(key="notices"):
        if visitor.may_have_teacher():
            st.fragment(_message, run_every=MESSAGE_SECONDS)()
        if pacing.is_slowed():
            st.warning("You press faster than this server answers one visitor. Wait a moment.")
        if not visitor.lasts():
            _own_tab()


def _message() -> None:
    with session.errors_shown():
        resources.store()  # notes that the visitor is here
        if text := read_message():
            st.info(with_links(text), icon=":material/campaign:")


@st.cache_resource(show_spinner=False, ttl=MESSAGE_SECONDS / 2)
def read_message() -> str:
    """The message, read once for all visitors; clear the cache to show another one at once."""
    return resources.shared_store().class_settings.message()


def _own_tab() -> None:
    sentence = (
        "Your browser keeps no cookie here, so what you make lasts as long as this tab. "
        "Uploads fail."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="no_cookie"):
        st.caption(sentence, width="content")
        if st.context.url:
            label, icon = "Open it in a tab of its own", ":material/open_in_new:"
            st.link_button(label, st.context.url, icon=icon, type="tertiary")
