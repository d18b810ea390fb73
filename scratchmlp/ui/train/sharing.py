"""A link that opens the page with these settings, and one for a class that hides some controls."""

import streamlit as st

from scratchmlp.net.config import LABELS, TrainConfig
from scratchmlp.ui import links
from scratchmlp.ui.train import settings

HIDE = "hide_controls"


def link(config: TrainConfig) -> None:
    """Links to copy."""
    with st.popover("Link", icon=":material/link:"):
        st.markdown("**These settings**")
        st.caption("Opens this page with exactly these settings, seed included.")
        _copy(links.write(config, st.context.url or ""))
        st.markdown("**For my class**")
        st.caption("Leaves out the controls you name; they keep the values they have now.")
        hidden = st.multiselect(
            "Controls to hide",
            links.HIDEABLE,
            key=HIDE,
            format_func=lambda name: "Recipes" if name == "preset" else LABELS[name],
            placeholder="Choose controls",
            persist_state="session",
        )
        if hidden:
            _copy(links.write(config, st.context.url or "", hidden))


def _copy(url: str) -> None:
    st.code(url, language=None, wrap_lines=True)


def refusals() -> None:
    """Say what the link asked for in vain."""
    for sentence in settings.refused():
        st.warning(sentence, icon=":material/link_off:")
