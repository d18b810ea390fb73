"""Other runs laid beside this one: their curves in its charts, and the settings that differ."""

import pandas as pd
import streamlit as st

from scratchmlp.charts.training import MAX_OTHERS
from scratchmlp.errors import UserError
from scratchmlp.net.config import LABELS, differing, unparse
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.session import BESIDE
from scratchmlp.ui.train import run_controls, settings

OTHERS = "others"


def beside(run: Run) -> dict[Run, str]:
    """The runs chosen to be drawn beside this one, and what to call them."""
    chosen = {}
    for run_id in st.session_state.get(BESIDE, []):
        try:
            other = session.store().run(run_id)
        except UserError:  # it was deleted meanwhile
            continue
        if other.id != run.id:
            chosen[other] = name(other)
    return chosen


def name(run: Run) -> str:
    """A title that no other run has."""
    return f"{run.title} · {run.id[:4]}"


def show(run: Run) -> None:
    runs = {r.id: r for r in session.store().runs(200) if r.total_steps and r.id != run.id}
    chosen = [run_id for run_id in st.session_state.get(BESIDE, []) if run_id in runs]
    st.container(key=OTHERS).multiselect(
        "Lay other runs beside this one",
        list(runs),
        chosen,
        format_func=lambda run_id: _option(runs[run_id]),
        max_selections=MAX_OTHERS,
        placeholder="Choose runs" if runs else "There is no other run yet",
        **session.following(OTHERS, chosen, _lay),
    )
    shown = [run, *(runs[run_id] for run_id in chosen)]
    fields = differing(*(r.config for r in shown)) if chosen else list(LABELS)
    st.caption(_about(len(chosen), len(fields)))
    st.dataframe(_table(shown, fields), key="differences")
    st.button(
        "Set the controls to this run's settings",
        key="take_settings",
        icon=":material/tune:",
        on_click=settings.use,
        args=[run.config],
    )


def _lay(chosen: list[str]) -> None:
    st.session_state[BESIDE] = chosen


def _about(others: int, fields: int) -> str:
    if not others:
        return "These are all settings of this run. Choose others to see what differs."
    return "Only what differs:" if fields else "The settings are the same, the seed among them."


def _option(run: Run) -> str:
    reached = "" if run.test_accuracy is None else f" · {run.test_accuracy:.2%}"
    return f"{name(run)} · {run.status}{reached}"


def _table(runs: list[Run], fields: list[str]) -> pd.DataFrame:
    """A column for each run, a row for each field and for what it reached."""
    titles = ["this run", *(name(run) for run in runs[1:])]
    columns = {
        title: [*(unparse(getattr(run.config, field)) for field in fields), *_reached(run)]
        for title, run in zip(titles, runs, strict=True)
    }
    rows = [*(LABELS[field] for field in fields), *REACHED]
    return pd.DataFrame(columns, index=rows)


REACHED = "Rates set later", "State", "Test accuracy", "Training time"


def _reached(run: Run) -> list[str]:
    told = [f"{mark['words']} from step {mark['step']:,}" for mark in run_controls.marks(run)]
    accuracy = "–" if run.test_accuracy is None else f"{run.test_accuracy:.2%}"
    seconds = "–" if run.train_seconds is None else f"{run.train_seconds:.1f} s"
    return ["; ".join(told) or "–", run.status, accuracy, seconds]
