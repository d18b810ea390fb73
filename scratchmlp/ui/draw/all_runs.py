"""The predictions of every run for the same drawing."""

from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, run_picker, run_status
from scratchmlp.ui.draw import prediction
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.session import RUN_LIMIT
from scratchmlp.ui.share_table import with_percents

FEW = 8  # runs that predict at first, and how many more each time


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """A row for each run, the newest first."""
    if not predicted.digits:
        st.caption("Draw something to see the prediction of every run.")
        return
    runs = list(run_picker.trained_runs().values())
    titles = run_status.titles(runs)
    limit = st.session_state.get(RUN_LIMIT, FEW)
    rows = pd.DataFrame([_row(other, titles[other.id], drawn) for other in runs[:limit]])
    shares = ["Confidence", "Test accuracy"]
    rows[shares] = rows[shares].astype(float)  # NaN in place of None
    st.dataframe(with_percents(rows, shares), hide_index=True)
    if limit < len(runs):
        more = min(FEW, len(runs) - limit)
        st.button(f"Show {more} more runs", key="more_runs", on_click=_show_more)


def _show_more() -> None:
    st.session_state[RUN_LIMIT] = st.session_state.get(RUN_LIMIT, FEW) + FEW


def _row(run: Run, title: str, drawn: InkInput) -> dict[str, Any]:
    network = resources.last_network(run.id)
    digits = prediction.predict(run, network, drawn).digits
    return {
        "Run": title,
        "Prediction": " ".join(prediction.class_name(network, digit) for digit in digits),
        "Verdict": prediction.verdict(digits),
        "Confidence": min((float(digit.probabilities.max()) for digit in digits), default=None),
        "Runner-up": " ".join(_runner_up(network.classes, digit.runner_up) for digit in digits),
        "Test accuracy": run.test_accuracy,
        "Dataset": run.dataset,
        "Id": run.id[:6],
    }


def _runner_up(classes: tuple[str, ...], label: int | None) -> str:
    return "–" if label is None else classes[label]
