"""Before a visitor has a trained run: what stands in, and how far the first run is."""

import streamlit as st

from scratchmlp.data import sources
from scratchmlp.runs import built_in
from scratchmlp.runs.store import Run
from scratchmlp.ui import elsewhere, live, resources, run_picker, selection
from scratchmlp.ui.markdown import escape


def warn_without_mnist(run: Run) -> None:
    """Without MNIST a network knows only scikit-learn's digits, and is less good on drawings."""
    missing = resources.preparation().missing
    if missing and run.dataset == sources.FALLBACK:
        fallback = (
            "Until then this network knows scikit-learn's 1,797 small digits only, and is less "
            "accurate."
        )
        st.warning(f"{escape(missing)} {fallback}")


def is_over(run_id: str | None) -> bool:
    """Whether to draw the page anew: the first run has a checkpoint, or the run has ended."""
    if run_id is None:
        return any(run.id != built_in.HANDS for run in run_picker.trained_runs().values())
    return not selection.followed_run(run_id).is_live


def is_coming() -> bool:
    """Whether the data is being prepared, or a run is under way."""
    return resources.preparation().is_running or bool(resources.store().run_list.under_way())


def wait(run: Run) -> None:
    """Say that the program's own network stands in, how far the first run is, and go on to it."""
    if run.id != built_in.HANDS or selection.selected_run_id() is not None:
        return
    will_come = is_coming()
    st.fragment(_wait, run_every=live.seconds() if will_come else None)(will_come)
    if not will_come:
        elsewhere.follow()


def _wait(was_coming: bool) -> None:
    if is_over(None) or is_coming() != was_coming:
        st.rerun()
    preparation = resources.preparation()
    is_ready = preparation.dataset is not None  # asked first: the first run is created before that
    newest = next(iter(resources.store().runs(1)), None)
    first = newest if newest and newest.is_under_way else None
    with st.container(key="first_run", border=True):
        if first is None and (is_ready or newest):
            st.markdown("**This network comes with the program.** Train one of your own.")
            st.page_link("pages/train.py", label="Go to Train", icon=":material/play_arrow:")
            return
        st.markdown(
            "**Your first network is training.** Until then you see the one that comes with the "
            "program."
        )
        if first:
            _progress(first)
        else:
            st.progress(preparation.share, text=f"{preparation.what} …")


def _progress(run: Run) -> None:
    trouble = resources.jobs().trouble
    if trouble:
        st.error(escape(trouble))
    done = len(resources.store().epochs_since(run.id))
    text = "Waiting for a worker …" if run.status == "queued" else f"Training: epoch {done + 1}"
    st.progress(done / run.config.epochs, text=text)
    st.caption("It makes predictions after its first epoch, and better ones after each epoch.")
