"""Whether the network's confidence is right: calibration, temperature, abstention."""

import streamlit as st

from scratchmlp import glossary
from scratchmlp.analysis import calibration, evaluation
from scratchmlp.charts.evaluation import abstention_chart, confidence_chart, reliability_chart
from scratchmlp.figures import percent
from scratchmlp.runs.store import Run
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions, load_predictions


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    table = predictions.table
    error = calibration.expected_calibration_error(table)
    curves = {"uncalibrated": calibration.reliability(table)}
    row = st.container(horizontal=True)
    row.metric("Calibration error (ECE)", escape(percent(error)), help=_ECE)
    if run.config.valid_pct:
        temperature = _temperature(run, run.id, predictions.step)
        scaled = calibration.with_temperature(table, temperature)
        row.metric("Temperature", f"{temperature:.2f}", help=_TEMPERATURE)
        after = calibration.expected_calibration_error(scaled)
        row.metric("ECE with temperature", escape(percent(after)))
        row.metric("Loss with temperature", evaluation.nats(scaled["loss"].mean(skipna=False)))
        curves[f"temperature {temperature:.2f}"] = calibration.reliability(scaled)
    else:
        st.caption("No temperature: this run has no validation pictures to fit it on.")
    left, right = st.columns(2)
    left.altair_chart(
        reliability_chart(curves),
        alt=f"Reliability diagram; expected calibration error {percent(error)}.",
    )
    right.altair_chart(
        confidence_chart(table),
        alt="Histogram of the confidence of correct and wrong predictions.",
    )
    left, right = st.columns(2)
    left.altair_chart(
        abstention_chart(calibration.abstention(table)),
        alt="Accuracy against coverage.",
    )
    right.caption(_ABSTENTION)


@st.cache_data(show_spinner=False, max_entries=20)
def _temperature(_run: Run, run_id: str, step: int) -> float:
    return calibration.fit_temperature(load_predictions(_run, _run.dataset, "valid").table)


_ECE = (
    "Expected calibration error: the mean distance of accuracy from confidence, over 15 bins of "
    "equal width (Guo et al. 2017).\n\n" + glossary.explain("calibration")
)
_TEMPERATURE = (
    "Logits divided by this number give the lowest loss on the validation pictures. Above 1, the "
    "network is overconfident; its predictions stay the same."
)
_ABSTENTION = (
    "Coverage is the share of predictions that are kept, the most confident first. The better the "
    "confidence separates errors, the faster accuracy rises as coverage falls."
)
