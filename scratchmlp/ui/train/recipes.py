"""Recipes as cards, the story of the post's 87%, and what was changed since one was chosen."""

import streamlit as st

from scratchmlp.figures import percent
from scratchmlp.net import presets
from scratchmlp.net.config import LABELS, TrainConfig, in_words
from scratchmlp.ui import session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.train import settings

PRESET = "preset"
WHY = "Why did the post get 87%?"


def cards() -> None:
    """Choose a recipe, and every control is set."""
    if not settings.is_shown(PRESET):
        return
    names, chosen = list(presets.PRESETS), settings.recipe()
    st.html(_CSS)
    st.container(key=PRESET).radio(
        "Recipe",
        names,
        names.index(chosen),
        format_func=_title,
        captions=[preset.shows for preset in presets.PRESETS.values()],
        horizontal=True,
        label_visibility="collapsed",
        width="stretch",
        **session.synced_widget(PRESET, chosen, settings.choose_recipe),
    )


def _title(name: str) -> str:
    measured = presets.PRESETS[name].measured
    return f"**{name}** {percent(measured, 1) if measured else 'breaks'}"


def changes() -> None:
    """The settings that differ from the recipe, with a button that undoes each."""
    fields = settings.changed()
    if not fields:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="changes"):
        st.caption(f"Changed from {settings.recipe()}:", width="content")
        for field in fields:
            st.button(
                escape(f"{LABELS[field]} {describe_change(field, settings.recipe_config())}"),
                key=f"reset_{field}",
                on_click=settings.reset,
                args=[field],
                icon=":material/undo:",
            )
        if len(fields) > 1:
            st.button("Undo all", key="undo", on_click=settings.reset, args=fields, type="tertiary")


def describe_change(field: str, old: TrainConfig, new: TrainConfig | None = None) -> str:
    """A change of a setting, as "0.006 → 0.01"; `new` are the present settings if not given."""
    return f"{text(old, field)} → {text(new or settings.current(), field)}"


def text(config: TrainConfig, field: str) -> str:
    """The value of a setting, as people write it."""
    return in_words(field, getattr(config, field))


def story() -> None:
    """The button that opens the story of the post's numbers."""
    if st.button(WHY, key="why", icon=":material/help:"):
        _story()


@st.dialog(WHY, width="medium")
def _story() -> None:
    st.markdown(presets.QUESTION)
    for name, title, why in presets.STORY:
        with st.container(border=True):
            figure, text, button = st.columns([1.5, 4, 1], vertical_alignment="center")
            figure.metric(name, percent(presets.PRESETS[name].measured or 0, 1))
            text.markdown(f"**{title}** {why}")
            with button:
                if st.button(
                    "Use", key=f"load_{name}", on_click=settings.choose_recipe, args=[name]
                ):
                    st.rerun()  # closes the dialog


# A radio group that looks like cards. Keyboard and screen readers see a radio group.
_CSS = """<style>
.st-key-preset [role=radiogroup] { display: grid; gap: .5rem; align-items: stretch; width: 100%;
  grid-template-columns: repeat(4, minmax(0, 1fr)) }
.st-key-preset [role=radiogroup] > div { position: relative; padding: .5rem .75rem; gap: .125rem;
  border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem }
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
  .st-key-preset [role=radiogroup] > div { scroll-snap-align: start }
}
</style>"""
