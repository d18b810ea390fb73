"""A visitor who has no network yet gets one, and sees how far it is."""

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.runs.store import Run
from scratchmlp.ui import choice, session


def say_what_is_missing(run: Run | None) -> None:
    """Without MNIST a network knows only scikit-learn's digits, and reads a hand less well."""
    missing = session.preparation().missing
    if missing and (run is None or run.dataset == "digits"):
        st.warning(
            f"{missing} Until then a network trained on scikit-learn's 1,797 small digits answers, "
            "and reads your hand less well."
        )


def is_over(run_id: str | None) -> bool:
    """Whether the page must be drawn anew: the first net can answer, or the run has ended."""
    if run_id is None:
        return bool(choice.candidates())
    return not session.store().run(run_id).is_live


def show() -> None:
    """How far the first net is."""
    with st.container(key="prediction", border=True):
        st.markdown("**Your first network is on its way.** You can draw already.")
        made = session.preparation()
        if made.dataset is None:
            share = made.done / made.total if made.total else 0.0
            st.progress(share, text=f"{made.what} …")
            return
        try:
            run = session.store().run("latest")
        except UserError:
            run = None
        if run is None or not (run.is_live or run.status == "queued"):
            st.info("There is no network that could answer. Train one, then come back.")
            st.page_link("pages/train.py", label="Go to Train", icon=":material/play_arrow:")
            return
        _progress(run)


def _progress(run: Run) -> None:
    trouble = session.jobs().trouble
    if trouble:
        st.error(trouble)
    epochs = session.store().epochs_since(run.id)
    done = len(epochs)
    words = "Waiting for a worker …" if run.status == "queued" else f"Training: epoch {done + 1}"
    st.progress(done / run.config.epochs, text=words)
    st.caption("It answers after its first epoch, and better after each one more.")
