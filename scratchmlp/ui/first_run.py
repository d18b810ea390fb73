"""A visitor who has no network yet gets one, and sees how far it is."""

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import run_picker, session
from scratchmlp.ui.train import run_card


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
        return bool(run_picker.candidates())
    return not session.store().run(run_id).is_live


def wait() -> None:
    """How far the first net is, on a page that has nothing to show without one."""
    st.fragment(_wait, run_every=run_card.FAST)()


def _wait() -> None:
    if is_over(None):
        st.rerun()
    show("This page follows when it is there.")


def show(meanwhile: str) -> None:
    """How far the first net is, or that there will be none by itself."""
    made = session.preparation()
    is_ready = made.dataset is not None  # asked first: the first run is created before that
    newest = session.store().runs(1)
    run = newest[0] if newest and newest[0].is_under_way else None
    with st.container(key="prediction", border=True):
        if run is None and (is_ready or newest):
            st.info("There is no trained run yet. Train one, and come back after its first epoch.")
            st.page_link("pages/train.py", label="Go to Train", icon=":material/play_arrow:")
            return
        st.markdown(f"**Your first network is on its way.** {meanwhile}")
        if run:
            _progress(run)
        else:
            st.progress(made.share, text=f"{made.what} …")


def _progress(run: Run) -> None:
    trouble = session.jobs().trouble
    if trouble:
        st.error(trouble)
    epochs = session.store().epochs_since(run.id)
    done = len(epochs)
    words = "Waiting for a worker …" if run.status == "queued" else f"Training: epoch {done + 1}"
    st.progress(done / run.config.epochs, text=words)
    st.caption("It answers after its first epoch, and better after each one more.")
