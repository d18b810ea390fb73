"""Why a network predicts what it predicts for a drawing."""

import streamlit as st
import torch

from scratchmlp.analysis import nearest
from scratchmlp.analysis.prediction import likeliest
from scratchmlp.data import datasets
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
    labels = datasets.at_hand(run.dataset).train.labels
    index = _compared(run.id, network.step, run.dataset, len(labels))
    explanation.neighbours(index, image, labels)


@st.cache_resource(show_spinner=False, max_entries=2)
def _compared(run_id: str, step: int, dataset: str, n: int) -> nearest.Index:
    images = datasets.at_hand(dataset).train.images[:MAX_COMPARED]
    return nearest.build(resources.network(run_id, step), images)
