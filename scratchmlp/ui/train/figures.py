"""The figures of a run: one large accuracy, and beside it what the run took to get there."""

import streamlit as st

from scratchmlp import glossary
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.run_status import percent
from scratchmlp.ui.train import absence

TEST = "Share of the test pictures that the run predicts correctly, measured once at the end."
VALIDATION = "Share of the validation pictures predicted correctly after the last epoch done.\n\n"
VALIDATION += glossary.explain("validation pictures")
EPOCHS = glossary.explain("epoch", "step", "batch")
TRAINING = "Share of the training pictures predicted correctly in the last epoch done. No picture "
TRAINING += "is left for validation."


def show(run: Run, history: History) -> None:
    is_ours = absence.was_trained_here(run)
    with st.container(key="run_accuracy"):
        if is_ours:
            _large(run, history)
        else:
            st.metric("Test accuracy", escape(percent(run.test_accuracy)), help=TEST)
    with st.container(key="run_figures", gap=None):
        if is_ours:
            st.metric("Test accuracy", escape(percent(run.test_accuracy)), help=TEST)
        done, total = len(history.epochs), run.config.epochs
        st.metric("Epochs done", f"{done} of {total}" if is_ours else "–", help=EPOCHS)
        seconds = run.train_seconds or history.epochs["seconds"].sum()
        st.metric("Training time", f"{seconds:.1f} s" if seconds else "–")


def _large(run: Run, history: History) -> None:
    """Validation accuracy, or training accuracy where no pictures are left for validation."""
    name, label, words = "valid_accuracy", "Validation accuracy", VALIDATION
    if not run.config.valid_pct:
        name, label, words = "train_accuracy", "Training accuracy", TRAINING
    last = history.epochs[name].iloc[-1] if len(history.epochs) else None
    st.metric(label, escape(percent(last)), help=words)
