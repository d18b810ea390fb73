"""Where the settings of the page and those of the run that it shows differ."""

import streamlit as st

from scratchmlp.net.config import LABELS, differing, matters
from scratchmlp.runs.store import Run
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.train import recipes, settings

MOST_NAMED = 2  # so that the sentence is one line


def differences(run: Run) -> None:
    """A sentence about the settings of the run that the controls do not show, and a button."""
    fields = _differing(run)
    if not fields:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="other_settings"):
        st.caption(f"The run below has other settings: {_list(run, fields)}.", width="content")
        st.button(
            "Use this run's settings",
            key="take_settings",
            icon=":material/tune:",
            on_click=settings.use,
            args=[run.config],
        )


def _differing(run: Run) -> list[str]:
    """The fields that differ and have an effect; none of a run that was not trained here."""
    if not run.total_steps and run.status not in ("queued", "stopped"):
        return []
    pair = run.config, settings.current()
    return [field for field in differing(*pair) if any(matters(field, config) for config in pair)]


def _list(run: Run, fields: list[str]) -> str:
    values = [escape(recipes.text(run.config, field)) for field in fields]
    pairs = zip(fields[:MOST_NAMED], values, strict=False)
    named = [f"{LABELS[field].lower()} {value}" for field, value in pairs]
    rest = len(fields) - len(named)
    return ", ".join(named) + (f", and {rest} more" if rest else "")
