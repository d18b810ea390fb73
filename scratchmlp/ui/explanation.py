"""Why a network answered what it answered: units, pixels, and the pictures it finds alike."""

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from scratchmlp.analysis import explanation
from scratchmlp.analysis.prediction import Prediction
from scratchmlp.charts import image_urls
from scratchmlp.charts.sample import contribution_chart
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Examples
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.draw import prediction

MOST = 20_000  # training pictures a drawing is compared with


def of_drawing(run: Run, network: Network, said: Prediction | None) -> None:
    """The reasons for the answer to a drawing."""
    if said is None:
        st.caption("Draw something, and what spoke for the answer and against it stands here.")
        return
    first, second = prediction.likeliest(said.probabilities)
    st.markdown(
        f"Why **{network.classes[first]}** rather than **{network.classes[second]}**, the next?"
    )
    image = torch.from_numpy(said.image)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        told = units(network, image, first, second)
    with right:
        pixels(network, image, first, second, told)
    neighbours(network, image, *_compared(run.id, network.step, run.dataset))


@st.cache_resource(show_spinner=False, max_entries=2)
def _compared(run_id: str, step: int, dataset: str) -> tuple[Examples, Tensor]:
    """Training pictures, and what the last hidden layer makes of each: (n, units)."""
    train = datasets.load(dataset).train
    some = train.take(np.arange(min(MOST, len(train))))
    network = session.network(run_id, step)
    return some, explanation.hidden_activations(network, torch.from_numpy(some.images))


def units(network: Network, image: Tensor, first: int, second: int) -> explanation.Contributions:
    """The hidden units that decided between two classes, and what they come to together."""
    told = explanation.contributions(network, image, first, second)
    one, other = network.classes[first], network.classes[second]
    st.altair_chart(
        contribution_chart(told.table, one, other),
        alt="What each hidden unit added to the answer.",
    )
    st.caption(
        f"All units together {told.table['gap'].sum():+.2f}, biases {told.bias:+.2f}: the logit of "
        f"{one} is {told.difference:.2f} above that of {other}."
    )
    return told


def pixels(
    network: Network, image: Tensor, first: int, second: int, told: explanation.Contributions
) -> None:
    """The pixels that spoke for one class or the other, and what the first units look for."""
    classes = network.classes
    line = st.container(horizontal=True)
    share = image_urls.diverging_colors(explanation.attribution(network, image, first, second))
    line.image(share, caption=f"for {classes[first]} (orange) or {classes[second]}", width=104)
    if len(network.params) != 2:
        return  # deeper units see no pixels, and a linear network has none
    most = told.table["gap"].abs().sort_values(ascending=False).index[:6].tolist()
    for unit, weights in zip(most, explanation.weight_images(network, most), strict=True):
        caption = f"unit {unit}, {told.table.loc[unit, 'gap']:+.2f}"
        line.image(image_urls.diverging_colors(weights), caption=caption, width=104)


def neighbours(
    network: Network, image: Tensor, train: Examples, outputs: Tensor | None = None
) -> None:
    """Training pictures that look most alike to the network, by the outputs of its units."""
    rows = explanation.nearest_samples(
        network, image, torch.from_numpy(train.images), outputs=outputs
    )
    st.markdown("**Training pictures that look most alike to the network**")
    line = st.container(horizontal=True)
    for row in rows:
        name = network.classes[train.labels[row]]
        line.image(
            image_urls.enlarge(train.images[row], 3), caption=f"{name} (no. {row})", width=84
        )
