"""Recipes as cards in groups, the post's 87%, and what was changed since a recipe was chosen."""

import math
from collections import Counter

import streamlit as st

from scratchmlp.figures import percent
from scratchmlp.net import presets
from scratchmlp.net.config import LABELS, TrainConfig, in_words
from scratchmlp.net.presets import GROUPS, PRESETS
from scratchmlp.ui import resources, run_status, session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.train import settings

PRESET = "preset"
WHY = "Why did the post get 87%?"
FIGURES = (
    "A card says the accuracy on the test pictures, the mean of three seeds, and the time on this "
    "machine. The time is estimated from a few steps, and from runs that finished here."
)


def cards() -> None:
    """Choose a recipe, and every control is set."""
    if not settings.is_shown(PRESET):
        return
    names, chosen = in_groups(), settings.recipe()
    with st.container(key=PRESET):
        st.html(_style(names) + _headings())
        st.radio(
            "Recipe",
            names,
            names.index(chosen),
            format_func=lambda name: f"**{name}**",
            captions=_expectations(names),
            horizontal=True,
            label_visibility="collapsed",
            width="stretch",
            **session.synced_widget(PRESET, chosen, settings.choose_recipe),
        )


def in_groups() -> list[str]:
    """The names of all recipes, those of a group side by side."""
    return sorted(PRESETS, key=lambda name: GROUPS.index(PRESETS[name].group))


def _expectations(names: list[str]) -> list[str]:
    """What each recipe reaches, and how long it takes here, as far as both are known."""
    configs = [settings.config_of_recipe(name) for name in names]
    lasts = resources.store().work.known_seconds(configs)
    return [_expectation(*each) for each in zip(names, configs, lasts, strict=True)]


def _expectation(name: str, config: TrainConfig, seconds: float | None) -> str:
    ends, breaks_at = PRESETS[name].ends, PRESETS[name].breaks_at.get(config.dataset)
    if breaks_at:
        return f"breaks {'near' if breaks_at > 1 else 'at'} step {breaks_at:,}"
    words = []
    if config.dataset in ends:
        words.append(f"{percent(ends[config.dataset].accuracy, 1)} right")
    if seconds is not None:
        words.append(run_status.about(seconds))
    return " · ".join(words)


def description() -> None:
    """What the chosen recipe shows, where it is trained."""
    if settings.is_shown(PRESET):
        with st.container(key="about_recipe"):
            st.caption(PRESETS[settings.recipe()].shows, help=FIGURES)


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
    if st.button(WHY, key="why", type="tertiary"):
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


def _headings() -> str:
    """The name of each group, above its cards."""
    return f"<div class=groups>{''.join(f'<span>{group}</span>' for group in GROUPS)}</div>"


def _style(names: list[str]) -> str:
    """A column for each group. Its cards share the height of the column.

    Where that is too wide, two columns: each heading then stands above its first card.
    """
    sizes = Counter(PRESETS[name].group for name in names)
    rows, seen = math.lcm(*sizes.values()), Counter[str]()
    wide, narrow = [], []
    for position, name in enumerate(names, 1):
        group = PRESETS[name].group
        height, column = rows // sizes[group], GROUPS.index(group)
        card = f".st-key-preset [role=radiogroup] > :nth-child({position})"
        row = seen[group] * height + 1
        wide.append(f"{card} {{ grid-area: {row} / {column + 1} / span {height} }}")
        row += column // 2 * rows
        narrow.append(f"{card} {{ grid-area: {row} / {column % 2 + 1} / span {height} }}")
        if not seen[group]:
            narrow.append(
                f'{card} {{ margin-top: 1.5rem }} {card}::before {{ content: "{group}" }}'
            )
        seen[group] += 1
    css = _CSS.replace("GROUPS", str(len(GROUPS)))
    return f"<style>{css}{''.join(wide)}{_NARROW.replace('CARDS', ''.join(narrow))}</style>"


# A radio group that looks like cards. Keyboard and screen readers see a radio group.
_CSS = """
.st-key-preset { gap: .25rem; container-type: inline-size; width: 100% }
.st-key-preset .groups, .st-key-preset [role=radiogroup] { display: grid; gap: .375rem .5rem;
  grid-template-columns: repeat(GROUPS, minmax(11.25rem, 1fr)); width: 100%; align-items: stretch }
.st-key-preset .groups { font-size: .8125rem; font-weight: 600; opacity: .8 }
.st-key-preset [role=radiogroup] > div { position: relative; padding: .1875rem .625rem; gap: 0;
  justify-content: center;
  border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem }
.st-key-preset [role=radiogroup] > div:hover { border-color: #2f7fd1 }
.st-key-preset [role=radiogroup] > div[data-selected] { border-color: #2f7fd1;
  box-shadow: inset 0 0 0 1px #2f7fd1; background: color-mix(in srgb, #2f7fd1 9%, transparent) }
.st-key-preset [role=radiogroup] > div:has(:focus-visible) { outline: 3px solid #2f7fd1;
  outline-offset: -3px }
.st-key-preset label::after { content: ""; position: absolute; inset: 0; z-index: 1 }
.st-key-preset label > div > div:first-child:not([data-testid]) { display: none }
.st-key-preset label { min-height: 0 }
.st-key-preset label p { font-size: .8125rem; line-height: 1.4; white-space: nowrap }
.st-key-preset [data-testid=stRadioCaption] { margin: 0; padding: 0 }
.st-key-preset [data-testid=stCaptionContainer] p { font-size: .75rem; line-height: 1.35;
  white-space: nowrap }
"""
_NARROW = """@container (max-width: 47rem) {
.st-key-preset .groups { display: none }
.st-key-preset [role=radiogroup] { grid-template-columns: repeat(2, minmax(0, 1fr)) }
.st-key-preset [role=radiogroup] > div { padding-inline: .375rem }
.st-key-preset [data-testid=stCaptionContainer] p { font-size: .6875rem }
.st-key-preset [role=radiogroup] > div::before { position: absolute; top: -1.375rem; left: 0;
  font-size: .8125rem; font-weight: 600; opacity: .8; white-space: nowrap }
CARDS }
"""
