"""Is the network sure when it should be?"""

import streamlit as st

from scratchmlp.analysis import calibration
from scratchmlp.charts.evaluation import abstention_chart, confidence_chart, reliability_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import predictions
from scratchmlp.ui.predictions import Predictions


def show(run: Run, seen: Predictions) -> None:
    error = calibration.expected_calibration_error(seen.table)
    curves = {"as it is": calibration.reliability(seen.table)}
    row = st.container(horizontal=True)
    row.metric("Calibration error", f"{error:.2%}", help=_ECE)
    if run.config.valid_pct:
        temperature = _temperature(run, run.id, seen.step)
        cooled = calibration.with_temperature(seen.table, temperature)
        row.metric("Temperature", f"{temperature:.2f}", help=_TEMPERATURE)
        after = calibration.expected_calibration_error(cooled)
        row.metric("Error at that temperature", f"{after:.2%}")
        row.metric("Loss at that temperature", f"{cooled['loss'].mean():.4f} nats")
        curves[f"at temperature {temperature:.2f}"] = calibration.reliability(cooled)
    else:
        st.caption("This run kept no pictures to validate, so no temperature was fitted.")
    left, right = st.columns(2)
    left.altair_chart(
        reliability_chart(curves),
        alt=f"Reliability diagram; expected calibration error {error:.2%}.",
    )
    right.altair_chart(
        confidence_chart(seen.table),
        alt="Histogram of confidence, right and wrong.",
    )
    left, right = st.columns(2)
    left.altair_chart(
        abstention_chart(calibration.abstention(seen.table)),
        alt="Accuracy against the share answered.",
    )
    right.caption(_ABSTAIN)


@st.cache_data(show_spinner=False, max_entries=20)
def _temperature(_run: Run, run_id: str, step: int) -> float:
    return calibration.fit_temperature(predictions.of(_run, _run.dataset, "valid").table)


_ECE = (
    "Expected calibration error: by how much its confidence is off on average, over 15 equal "
    "ranges (Guo et al. 2017)."
)
_TEMPERATURE = (
    "Dividing all logits by this number makes the loss on the validation pictures least. Above 1, "
    "the network was too sure. Its answers stay the same."
)
_ABSTAIN = (
    "Sort the answers by confidence and keep only the surest: this is how often those are right. "
    "A network that knows when it does not know climbs fast to the left."
)
