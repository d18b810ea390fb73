"""A run's answers to a split, worked out once for all visitors, and what one looks at of them.

The page's state is small: the run, the split, a truth and an answer to filter by, one picture.
"""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from scratchmlp.images import datasets
from scratchmlp.images.datasets import Examples
from scratchmlp.insight import evaluation
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint
from scratchmlp.runs.store import Run
from scratchmlp.ui import session

RUN, SPLIT = "evaluated_run", "evaluated_split"
TRUTH, ANSWER = "filter_truth", "filter_answer"
SAMPLE = "sample"  # also its name in the address
CLEARED = "filters_cleared"  # counts: a chart's selection ends only when the chart is a new one
SPLITS = {"test": "Test", "valid": "Validation", "train": "Training"}
ANY = "any"


@dataclass(frozen=True)
class Assessment:
    """One row of `table` and one of `examples` for each picture of the split."""

    network: Network
    examples: Examples
    table: pd.DataFrame
    is_mnist_test: bool


@st.cache_resource(show_spinner=False, max_entries=6)
def _assess(run_id: str, step: int, dataset: str, split: str) -> Assessment:
    network = checkpoint.loads(session.store().checkpoint(run_id))
    examples = evaluation.part(datasets.load(dataset), network.config, split)
    table = evaluation.answer(network, examples)
    return Assessment(network, examples, table, dataset == "mnist" and split == "test")


def assess(run: Run, split: str) -> Assessment:
    """The answers of the run's last checkpoint."""
    step, _ = session.store().checkpoint_place(run.id)
    return _assess(run.id, step, run.dataset, split)


def begin() -> None:
    """Look at what the address names, if this visitor has just come."""
    params = st.query_params
    if RUN not in st.session_state and "run" in params:
        st.session_state[RUN] = params["run"]
    if SAMPLE not in st.session_state:
        text = params.get(SAMPLE, "")
        st.session_state[SAMPLE] = int(text) if text.isascii() and text.isdigit() else None
        if text and st.session_state[SAMPLE] is None:
            st.warning(f"The link's sample {text[:20]} is not a picture's number.")


def show_picture(index: int | None) -> None:
    """Open one picture, or go back to all of them; the address says so."""
    st.session_state[SAMPLE] = index
    if index is None:
        st.query_params.pop(SAMPLE, None)
    else:
        st.query_params[SAMPLE] = str(index)


def filters(classes: tuple[str, ...]) -> tuple[int | None, int | None]:
    """Truth and answer to filter by, as labels; None for any."""
    chosen = (st.session_state.get(key, ANY) for key in (TRUTH, ANSWER))
    truth, answer = (classes.index(name) if name in classes else None for name in chosen)
    return truth, answer


def filter_by(truth: str = ANY, answer: str = ANY) -> None:
    st.session_state[TRUTH], st.session_state[ANSWER] = truth, answer
    st.session_state[CLEARED] = st.session_state.get(CLEARED, 0) + 1
