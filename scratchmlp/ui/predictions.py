"""A run's answers to a split, worked out once for all visitors, and what one looks at of them.

The page's state is small: the run, the pictures, the filters (a truth and an answer, an area of
the map), one picture.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray

from scratchmlp.analysis import evaluation, explanation, projection
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Examples
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import session

RUN, DATASET, SPLIT = "evaluated_run", "evaluated_dataset", "evaluated_split"
TRUTH, ANSWER = "filter_truth", "filter_answer"
AREA = "filter_area"  # a rectangle of the map, and whose map that was
SAMPLE = "sample"  # also its name in the address
ADDRESS = "sample_in_address"  # what the address said of it last
CLEARED = "filters_cleared"  # counts: a chart's selection ends only when the chart is a new one
SPLITS = {"test": "Test", "valid": "Validation", "train": "Training"}
ANY = "any"

Rectangle = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Predictions:
    """One row of `table` and one of `examples` for each picture of the split."""

    run_id: str
    step: int  # of the checkpoint
    dataset: str
    split: str
    network: Network
    examples: Examples
    table: pd.DataFrame

    @property
    def is_mnist_test(self) -> bool:
        return evaluation.is_mnist_test(self.dataset, self.split)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The squares of the confusion matrix."""
        return evaluation.confusion_table(self.table, self.network.classes)

    @cached_property
    def activations(self) -> NDArray[np.float32]:
        """Outputs of the last hidden layer, (n, units)."""
        images = torch.from_numpy(self.examples.images)
        outputs: NDArray[np.float32] = explanation.hidden_activations(self.network, images).numpy()
        return outputs

    @cached_property
    def pca(self) -> projection.Points:
        return projection.pca(self.activations)


@st.cache_resource(show_spinner=False, max_entries=6)
def _predictions(run_id: str, step: int, dataset: str, split: str) -> Predictions:
    network = session.store().network(run_id)
    pictures = evaluation.match_classes(datasets.load(dataset), network.classes)
    examples = evaluation.split_of(pictures, network.config, split)
    table = evaluation.predict(network, examples)
    return Predictions(run_id, step, dataset, split, network, examples, table)


def of(run: Run, dataset: str, split: str) -> Predictions:
    """The answers of the run's last checkpoint."""
    step, _ = session.store().last_checkpoint(run.id)
    return _predictions(run.id, step, dataset, split)


def begin() -> None:
    """Look at what the address names, if this visitor has just come or went back in it."""
    params = st.query_params
    if RUN not in st.session_state and "run" in params:
        st.session_state[RUN] = params["run"]
    text = params.get(SAMPLE, "")
    is_new = SAMPLE not in st.session_state
    if is_new or ("run" in params and text != st.session_state.get(ADDRESS, "")):  # or Back
        st.session_state[ADDRESS] = text
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        st.session_state[SAMPLE] = int(text) if is_number else None
        if text and not is_number:
            st.warning(f"The link's sample {text[:20]} is not a picture's number.")


def show_picture(index: int | None) -> None:
    """Open one picture, or go back to all of them; the address says so."""
    st.session_state[SAMPLE] = index
    st.session_state[ADDRESS] = "" if index is None else str(index)
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
    remount()


def filter_area(seen: Predictions, map_name: str, rectangle: Rectangle, rows: NDArray) -> None:
    """Keep only pictures in a rectangle of the map."""
    st.session_state[AREA] = (seen.run_id, seen.dataset, seen.split, map_name), rectangle, rows


def area_of(seen: Predictions) -> NDArray[np.int64] | None:
    """Indices of the pictures in the chosen area of this assessment's map; None for all."""
    whose, _, rows = st.session_state.get(AREA, ((), (), None))
    return rows if whose[:3] == (seen.run_id, seen.dataset, seen.split) else None


def clear_area() -> None:
    st.session_state.pop(AREA, None)
    remount()


def remount() -> None:
    st.session_state[CLEARED] = st.session_state.get(CLEARED, 0) + 1
