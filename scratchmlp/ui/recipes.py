"""Recipes as cards, the story of the post's 87%, and what was changed since one was chosen."""

import streamlit as st

from scratchmlp.net import presets
from scratchmlp.net.config import LABELS, TrainConfig, unparse
from scratchmlp.ui import settings

PRESET = "preset"


def cards() -> None:
    """Choose one, and every control is set."""
    if not settings.is_shown("preset"):
        return
    names = settings.recipes()
    if st.session_state.get(PRESET) != settings.recipe():
        st.session_state[PRESET] = settings.recipe()
    st.html(_CSS)
    st.radio(
        "Recipe",
        names,
        key=PRESET,
        format_func=_title,
        captions=[_line(name) for name in names],
        horizontal=True,
        on_change=_chosen,
        label_visibility="collapsed",
    )


def _chosen() -> None:
    settings.choose(st.session_state[PRESET])


def _title(name: str) -> str:
    if name not in presets.PRESETS:
        return f"**{name}**"
    measured = presets.PRESETS[name].measured
    return f"**{name}** {f'{measured:.1%}' if measured else 'breaks'}"


def _line(name: str) -> str:
    return presets.PRESETS[name].shows if name in presets.PRESETS else "As the link says."


def changes() -> None:
    """Which settings differ from the recipe, with a way back from each."""
    fields = settings.changed()
    if not fields:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="changes"):
        st.caption(f"Changed from {settings.recipe()}:", width="content")
        for field in fields:
            st.button(
                f"{LABELS[field]} {words(settings.base(), field)} → "
                f"{words(settings.current(), field)}",
                key=f"reset_{field}",
                on_click=settings.reset,
                args=[field],
                icon=":material/undo:",
                help=f"Back to {words(settings.base(), field)}",
            )
        if len(fields) > 1:
            st.button("Undo all", key="undo", on_click=settings.reset, args=fields, type="tertiary")


def words(config: TrainConfig, field: str) -> str:
    """A setting as one reads it."""
    value = getattr(config, field)
    if field == "hidden":
        return " + ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else unparse(value)


def story() -> None:
    """The button that opens the story of the post's numbers."""
    if st.button("87%: why?", key="why", icon=":material/help:", help="The post's own numbers"):
        _story()


@st.dialog("87%: why?", width="large")
def _story() -> None:
    st.markdown(presets.QUESTION)
    for chapter in presets.STORY:
        preset = presets.PRESETS[chapter.preset]
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.metric(chapter.preset, f"{preset.measured:.1%}", width=150)
            st.markdown(f"**{chapter.title}** {chapter.why}", width="stretch")
            if st.button("Load it", key=f"load_{chapter.preset}"):
                settings.choose(chapter.preset)
                st.rerun()


_CSS = """<style>
.st-key-preset [role=radiogroup] { display: grid; gap: .5rem;
  grid-template-columns: repeat(4, minmax(0, 1fr)); }
</style>"""
