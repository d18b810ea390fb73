"""Whether the network's confidence is right: calibration, temperature, abstention."""

import streamlit as st

from scratchmlp.analysis import calibration
from scratchmlp.charts.evaluation import abstention_chart, confidence_chart, reliability_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui.predictions import Predictions, load_predictions


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    table = predictions.table
    error = calibration.expected_calibration_error(table)
    curves = {"as it is": calibration.reliability(table)}
    row = st.container(horizontal=True)
    row.metric("Calibration error", f"{error:.2%}", help=_ECE)
    if run.config.valid_pct:
        temperature = _temperature(run, run.id, predictions.step)
        scaled = calibration.with_temperature(table, temperature)
        row.metric("Temperature", f"{temperature:.2f}", help=_TEMPERATURE)
        after = calibration.expected_calibration_error(scaled)
        row.metric("Error at that temperature", f"{after:.2%}")
        row.metric("Loss at that temperature", f"{scaled['loss'].mean():.4f} nats")
        curves[f"at temperature {temperature:.2f}"] = calibration.reliability(scaled)
    else:
        st.caption("This run has no validation pictures, so no temperature was fitted.")
    left, right = st.columns(2)
    left.altair_chart(
        reliability_chart(curves),
        alt=f"Reliability diagram; expected calibration error {error:.2%}.",
    )
    right.altair_chart(
        confidence_chart(table),
        alt="Histogram of the confidence of correct and wrong predictions.",
    )
    left, right = st.columns(2)
    left.altair_chart(
        abstention_chart(calibration.abstention(table)),
        alt="Accuracy against the share of pictures that are predicted.",
    )
    right.caption(_ABSTENTION)


@st.cache_data(show_spinner=False, max_entries=20)
def _temperature(_run: Run, run_id: str, step: int) -> float:
    return calibration.fit_temperature(load_predictions(_run, _run.dataset, "valid").table)


_ECE = (
    "Expected calibration error: how far its confidence is off on average, over 15 equal ranges "
    "(Guo et al. 2017)."
)
_TEMPERATURE = (
    "All logits divided by this number give the smallest loss on the validation pictures. Above 1 "
    "the network was too confident. Its predictions stay the same."
)
_ABSTENTION = (
    "The predictions are sorted by confidence, and only the most confident are kept: this is how "
    "often they are correct. A network that knows when it may be wrong climbs fast to the left."
)
