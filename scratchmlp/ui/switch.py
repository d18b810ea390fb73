"""A switch with its explanation beside it.

Streamlit puts the question mark into the label of a toggle, so that a press on it flips the switch.
"""

from typing import Any

import streamlit as st


def show(label: str, value: bool = False, *, help: str, **widget: Any) -> bool:
    """A toggle and its question mark; returns whether it is on.

    `widget` : further arguments of `st.toggle`.
    """
    beside = st.container(
        horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"
    )
    is_on = beside.toggle(label, value, **widget)
    beside.markdown("", width="content", help=help)
    return is_on
