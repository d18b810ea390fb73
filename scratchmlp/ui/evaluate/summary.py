"""The figures of an evaluation: accuracy with its interval, errors, loss."""

import streamlit as st

from scratchmlp import glossary
from scratchmlp.analysis import evaluation
from scratchmlp.figures import percent
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions

_INTERVAL = "The 95% confidence interval of the accuracy (Wilson score interval)."
_LOSS = glossary.explain("loss", "cross-entropy", "nats")
_CLEAN = "The accuracy without the 15 test pictures whose label five people judged wrong."


def _show_by_source(predictions: Predictions) -> None:
    each = [f"{p.dataset} {percent(p.accuracy)} of {p.pictures:,}" for p in predictions.by_source]
    what = "Each source's own test pictures" if predictions.split == "test" else "By source"
    if each:
        st.caption(escape(f"{what}: {' · '.join(each)}."))


def show(predictions: Predictions) -> None:
    summary = evaluation.summary(predictions.table)
    low, high = summary.interval
    row = st.container(horizontal=True)
    row.metric("Accuracy", escape(percent(summary.accuracy)), help=glossary.explain("accuracy"))
    row.metric("95% interval", escape(f"{percent(low)} – {percent(high)}"), help=_INTERVAL)
    row.metric("Errors", f"{summary.errors:,} of {summary.n:,}")
    row.metric("Mean loss", evaluation.nats(summary.loss), help=_LOSS)
    _show_by_source(predictions)
    if predictions.is_mnist_test:
        clean = evaluation.summary(evaluation.without_mislabelled(predictions.table))
        row.metric("Without label errors", escape(percent(clean.accuracy)), help=_CLEAN)
        with st.expander("Known results on MNIST", key="ladder", on_change="rerun") as ladder:
            if ladder.open:
                st.table(evaluation.known_results(summary.accuracy).set_index("what"))
