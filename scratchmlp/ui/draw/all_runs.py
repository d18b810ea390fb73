"""What every run answers to the same drawing."""

from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.ink.preparation import Ink
from scratchmlp.runs.store import Run
from scratchmlp.ui import run_picker, session
from scratchmlp.ui.draw import prediction

FEW = 8  # runs that are asked at first, and how many more each time
SHOWN = "runs_asked"


def show(ink: Ink) -> None:
    """A row for each run, the newest first."""
    runs = list(run_picker.candidates().values())
    n = st.session_state.get(SHOWN, FEW)
    if not ink.any():
        st.caption("Draw something, and every run's answer to it stands here.")
        return
    st.dataframe(
        pd.DataFrame([_row(run, ink) for run in runs[:n]]),
        hide_index=True,
        column_config={
            "Sure": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            "Test": st.column_config.NumberColumn(format="percent"),
        },
    )
    if n < len(runs):
        st.button(f"Ask {min(FEW, len(runs) - n)} more", key="more_runs", on_click=_more)


def _more() -> None:
    st.session_state[SHOWN] = st.session_state.get(SHOWN, FEW) + FEW


def _row(run: Run, ink: Ink) -> dict[str, Any]:
    network = session.network(run.id, session.store().last_checkpoint(run.id)[0])
    said = prediction.read(network, ink).digits
    return {
        "Run": run.title,
        "Answer": " ".join(prediction.name_of(network, r) for r in said),
        "Verdict": prediction.verdict(said),
        "Sure": min((float(r.probabilities.max()) for r in said), default=None),
        "Runner-up": " ".join(_runner_up(network.classes, r.runner_up) for r in said),
        "Test": run.test_accuracy,
        "Learned from": run.dataset,
        "Id": run.id[:6],
    }


def _runner_up(classes: tuple[str, ...], label: int | None) -> str:
    return "–" if label is None else classes[label]
