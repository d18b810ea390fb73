"""Why a network predicts what it predicts: units, pixels, and similar training pictures."""

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp import glossary
from scratchmlp.analysis import explanation, nearest
from scratchmlp.analysis.explanation import Contributions
from scratchmlp.charts import image_urls
from scratchmlp.charts.sample import contribution_chart
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
        f"{contributions.difference:+.2f}.",
        help=glossary.explain("logits", "unit", "bias"),
    )
    return contributions


def pixels(
    network: Network, image: Tensor, first: int, second: int, contributions: Contributions
) -> None:
    """The pixels that count for one class or the other, and what the strongest units look for."""
    one, other = network.classes[first], network.classes[second]
    pictures = {
        f"orange: for {one}, blue: for {other}": explanation.attribution(
            network, image, first, second
        )
    }
    if len(network.params) == 2:  # deeper units see no pixels, and the input has no weights
        gaps = contributions.table["gap"]
        strongest = gaps.abs().sort_values(ascending=False).index[:6].tolist()
        captions = [f"unit {unit}, {gaps[unit]:+.2f}" for unit in strongest]
        weights = explanation.weight_images(network, strongest)
        pictures |= dict(zip(captions, weights, strict=True))
    colors = [image_urls.diverging_colors(values, 1) for values in pictures.values()]
    _pictures(colors, list(pictures), 104)


def neighbours(index: nearest.Index, image: Tensor, labels: NDArray[np.int64]) -> None:
    """The training pictures most similar to this one, by the outputs of the last hidden layer.

    `labels` are those of the pictures in the index.
    """
    st.subheader("Nearest training pictures", anchor=False)
    st.caption("By the cosine similarity of the last hidden layer.")
    rows = nearest.search(index, image)
    captions = [f"{index.network.classes[labels[row]]} (no. {row})" for row in rows]
    _pictures(list(index.images[rows].numpy()), captions, 84)


def _pictures(images: list[NDArray[np.uint8]], captions: list[str], width: int) -> None:
    """Pictures in a row, each above its caption: one element, so that all are there at once."""
    figures = "".join(
        f'<figure style="margin: 0; width: {width}px"><img src="{image_urls.png_url(image)}" '
        f'alt="" width="{width}" height="{width}" style="image-rendering: pixelated">'
        f"<figcaption>{html.escape(caption.encode(errors='replace').decode())}</figcaption></figure>"
        for image, caption in zip(images, captions, strict=True)
    )
    style = "display: flex; flex-wrap: wrap; gap: 1rem; font-size: .8rem; text-align: center"
    st.html(f'<div style="{style}">{figures}</div>')
