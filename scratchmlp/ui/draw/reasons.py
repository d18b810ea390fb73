"""Why a network predicts what it predicts for a drawing."""

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from scratchmlp.analysis.explanation import hidden_activations
from scratchmlp.analysis.prediction import likeliest
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Examples
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import explanation, resources
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.markdown import escape

MAX_COMPARED = 20_000  # training pictures that a drawing is compared with


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    digit = predicted.digit
    if digit is None:
        st.caption("Draw something to see the reasons for its prediction and against it.")
        return
    first, second = likeliest(digit.probabilities)
    one, other = network.classes[first], network.classes[second]
    st.markdown(f"Why **{escape(one)}** rather than **{escape(other)}**, the next class?")
    image = torch.from_numpy(digit.image)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        contributions = explanation.units(network, image, first, second)
    with right:
        explanation.pixels(network, image, first, second, contributions)
    train, outputs = _compared(run.id, network.step, run.dataset)
    explanation.neighbours(network, image, train, outputs)


@st.cache_resource(show_spinner=False, max_entries=2)
def _compared(run_id: str, step: int, dataset: str) -> tuple[Examples, Tensor]:
    """Training pictures, and the outputs of the last hidden layer for them: (n, units)."""
    train = datasets.load(dataset).train
    some = train.take(np.arange(min(MAX_COMPARED, len(train))))
    network = resources.network(run_id, step)
    return some, hidden_activations(network, torch.from_numpy(some.images))
