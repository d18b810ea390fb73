"""The figures of an evaluation: accuracy with its interval, errors, loss."""

import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.ui.predictions import Predictions

MISLABELLED = "Fifteen test images have a wrong label, in the judgement of five people each."


def show(predictions: Predictions) -> None:
    summary = evaluation.summary(predictions.table)
    low, high = summary.interval
    row = st.container(horizontal=True)
    row.metric("Accuracy", f"{summary.accuracy:.2%}")
    row.metric("95% interval", f"{low:.2%} – {high:.2%}", help="Wilson's interval of a share.")
    row.metric("Errors", f"{summary.errors:,} of {summary.n:,}")
    row.metric("Mean loss", f"{summary.loss:.4f} nats")
    if predictions.is_mnist_test:
        clean = evaluation.summary(evaluation.without_mislabelled(predictions.table))
        row.metric("Without 15 wrong labels", f"{clean.accuracy:.2%}", help=MISLABELLED)
        with st.expander("How good is that?", key="ladder", on_change="rerun") as ladder:
            if ladder.open:
                st.table(evaluation.known_results(summary.accuracy).set_index("what"))
