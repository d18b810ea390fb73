"""Recipes as cards, the story of the post's 87%, and what was changed since one was chosen."""

import streamlit as st

from scratchmlp.net import presets
from scratchmlp.net.config import LABELS, TrainConfig, unparse
from scratchmlp.ui import session
from scratchmlp.ui.train import settings

PRESET = "preset"


def cards() -> None:
    """Choose one, and every control is set."""
    if not settings.is_shown("preset"):
        return
    names, chosen = settings.recipes(), settings.recipe()
    st.html(_CSS)
    st.container(key=PRESET).radio(
        "Recipe",
        names,
        names.index(chosen),
        format_func=_title,
        captions=[_line(name) for name in names],
        horizontal=True,
        label_visibility="collapsed",
        width="stretch",
        **session.following(PRESET, chosen, settings.choose),
    )


def _title(name: str) -> str:
    if name not in presets.PRESETS:
        return f"**{name}**"
    measured = presets.PRESETS[name].measured
    return f"**{name}** {f'{measured:.1%}' if measured else 'breaks'}"


def _line(name: str) -> str:
    return (
        presets.PRESETS[name].shows
        if name in presets.PRESETS
        else "The settings of the link that you followed."
    )


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
    if st.button("87%: why?", key="why", icon=":material/help:"):
        _story()


@st.dialog("87%: why?", width="medium")
def _story() -> None:
    st.markdown(presets.QUESTION)
    for name, title, why in presets.STORY:
        with st.container(border=True):
            figure, words, load = st.columns([1.5, 4, 1], vertical_alignment="center")
            figure.metric(name, f"{presets.PRESETS[name].measured:.1%}")
            words.markdown(f"**{title}** {why}")
            with load:
                if st.button("Load", key=f"load_{name}", on_click=settings.choose, args=[name]):
                    st.rerun()  # which closes the dialog


# A radio group that looks like cards: it keeps its keyboard and what it tells a screen reader.
_CSS = """<style>
.st-key-preset [role=radiogroup] { display: grid; gap: .5rem; align-items: stretch; width: 100%;
  grid-template-columns: repeat(4, minmax(0, 1fr)) }
.st-key-preset [role=radiogroup] > div { position: relative; padding: .5rem .75rem; gap: .125rem;
  border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem }
.st-key-preset [role=radiogroup]:has(> :nth-child(9)) > :first-child { grid-column: 1 / -1 }
.st-key-preset [role=radiogroup] > div:hover { border-color: #2f7fd1 }
.st-key-preset [role=radiogroup] > div[data-selected] { border-color: #2f7fd1;
  box-shadow: inset 0 0 0 1px #2f7fd1; background: color-mix(in srgb, #2f7fd1 9%, transparent) }
.st-key-preset [role=radiogroup] > div:has(:focus-visible) { outline: 3px solid #2f7fd1 }
.st-key-preset label::after { content: ""; position: absolute; inset: 0; z-index: 1 }
.st-key-preset label > div > div:first-child:not([data-testid]) { display: none }
.st-key-preset label, .st-key-preset label > div, .st-key-preset label [data-testid] { width: 100% }
.st-key-preset label p { display: flex; justify-content: space-between; gap: .375rem;
  font-size: .8125rem; white-space: nowrap }
.st-key-preset [data-testid=stRadioCaption] { margin: 0; padding: 0 }
.st-key-preset [data-testid=stCaptionContainer] p { font-size: .75rem; line-height: 1.35 }
@media (max-width: 640px) {
  .st-key-preset [role=radiogroup] { grid: auto / auto-flow 12.5rem; overflow-x: auto;
    padding: 2px 2px .5rem; scroll-snap-type: x proximity }
  .st-key-preset [role=radiogroup]:has(> :nth-child(9)) > :first-child { grid-column: auto }
  .st-key-preset [role=radiogroup] > div { scroll-snap-align: start }
}
</style>"""
