"""Why a network predicts what it predicts: units, pixels, and similar training pictures."""

import streamlit as st
import torch
from torch import Tensor

from scratchmlp.analysis import explanation
from scratchmlp.analysis.explanation import Contributions
from scratchmlp.charts import image_urls
from scratchmlp.charts.sample import contribution_chart
from scratchmlp.data.datasets import Examples
from scratchmlp.net.network import Network
from scratchmlp.ui.markdown import escape


def units(network: Network, image: Tensor, first: int, second: int) -> Contributions:
    """The hidden units that decide between two classes, and the sum of all of them."""
    contributions = explanation.contributions(network, image, first, second)
    one, other = network.classes[first], network.classes[second]
    st.altair_chart(
        contribution_chart(contributions.table, one, other),
        alt="The contribution of each hidden unit to the prediction.",
    )
    st.caption(
        f"The units sum to {contributions.table['gap'].sum():+.2f} and the biases to "
        f"{contributions.bias:+.2f}. Logit of {escape(one)} minus logit of {escape(other)}: "
        f"{contributions.difference:+.2f}."
    )
    return contributions


def pixels(
    network: Network, image: Tensor, first: int, second: int, contributions: Contributions
) -> None:
    """The pixels that count for one class or the other, and what the strongest units look for."""
    one, other = network.classes[first], network.classes[second]
    row = st.container(horizontal=True)
    attribution = image_urls.diverging_colors(
        explanation.attribution(network, image, first, second)
    )
    caption = escape(f"orange: for {one}, blue: for {other}")
    row.image(attribution, caption=caption, width=104)
    if len(network.params) != 2:
        return  # deeper units see no pixels, and a network without hidden layers has none
    gaps = contributions.table["gap"]
    strongest = gaps.abs().sort_values(ascending=False).index[:6].tolist()
    pictures = explanation.weight_images(network, strongest)
    for unit, weights in zip(strongest, pictures, strict=True):
        caption = f"unit {unit}, {gaps[unit]:+.2f}"
        row.image(image_urls.diverging_colors(weights), caption=caption, width=104)


def neighbours(
    network: Network, image: Tensor, train: Examples, outputs: Tensor | None = None
) -> None:
    """The training pictures most similar to this one, by the outputs of the last hidden layer.

    `outputs` are those of `train`, (n, units), where they are known already.
    """
    rows = explanation.nearest_samples(
        network, image, torch.from_numpy(train.images), outputs=outputs
    )
    st.markdown("**Nearest training pictures** (cosine similarity of the last hidden layer)")
    row = st.container(horizontal=True)
    for index in rows:
        name = network.classes[train.labels[index]]
        caption = f"{escape(name)} (no. {index})"
        row.image(image_urls.enlarge(train.images[index], 3), caption=caption, width=84)
