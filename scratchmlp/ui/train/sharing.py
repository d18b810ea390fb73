"""A link that opens Train with these settings, and a link for a class that hides some controls."""

import streamlit as st

from scratchmlp.net.config import LABELS, TrainConfig
from scratchmlp.ui import links
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import CONTROLS_TO_HIDE
from scratchmlp.ui.train import settings


def show(config: TrainConfig) -> None:
    """A button that opens the links to copy."""
    with st.popover("Share", icon=":material/link:"):
        st.markdown("**These settings**")
        st.caption("Opens this page with exactly these settings, seed included.")
        _copy(links.write(config, st.context.url or ""))
        st.markdown("**For your class**")
        st.caption("Hides the controls that you choose. They keep the values they have now.")
        hidden = st.multiselect(
            "Controls to hide",
            links.HIDEABLE,
            key=CONTROLS_TO_HIDE,
            format_func=lambda name: "Recipes" if name == "preset" else LABELS[name],
            placeholder="Choose controls",
            persist_state="session",
        )
        if hidden:
            _copy(links.write(config, st.context.url or "", hidden))


def _copy(url: str) -> None:
    st.code(url, language=None, wrap_lines=True)


def errors() -> None:
    """What the link asked for and could not have."""
    for sentence in settings.link_errors():
        st.warning(escape(sentence), icon=":material/link_off:")
