"""The picture of a network: of the settings, of a run, and lit by a picture."""

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from scratchmlp.analysis import network_view
from scratchmlp.charts.network import LARGE, SMALL, Size, svg
from scratchmlp.data import sources
from scratchmlp.data.types import DIGIT_CLASSES
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.ui import resources

UNKNOWN = ("?",)  # the classes of a folder that is not prepared yet
_CSS = """svg { color: var(--st-text-color); font-family: var(--st-font) }
.network { padding-top: .25rem }"""
_JS = """export default function ({ data, parentElement }) {
  parentElement.querySelector('.network').innerHTML = data
}"""
# Streamlit's own HTML element leaves out SVG. `charts.network` escapes all text from outside.
_component = st.components.v2.component(
    "scratchmlp_network", html='<div class="network"></div>', css=_CSS, js=_JS
)
LINES = "Orange lines count for a unit or a class, blue ones against it; thick ones count most."
LIT = "These units are the most active ones for this picture."


def of_settings(config: TrainConfig) -> None:
    """The network that these settings would train."""
    classes, picture = _first_picture(config.dataset)
    drawing = network_view.of_sizes(config.hidden, classes, picture)
    _component(key="network_of_settings", data=svg(drawing, SMALL))
    if classes != UNKNOWN:
        counts = network_view.counts_in_words(config.hidden, len(classes))
        st.caption(counts, help=f"{network_view.weights_in_words(config.hidden, len(classes))}.")


def _first_picture(dataset: str) -> tuple[tuple[str, ...], NDArray[np.uint8] | None]:
    try:
        return resources.first_picture(dataset)
    except UserError:
        return DIGIT_CLASSES if sources.is_named(dataset) else UNKNOWN, None


def of_run(run_id: str, step: int, size: Size = LARGE) -> None:
    """The network of a run's last checkpoint, which is that of `step`."""
    sizes, drawn = _of_run(run_id, step, size)
    _component(key="network", data=drawn)
    st.caption(f"{network_view.weights_in_words(sizes[:-1], sizes[-1])}. {LINES}")


@st.cache_data(show_spinner=False, max_entries=40)
def _of_run(run_id: str, step: int, size: Size) -> tuple[tuple[int, ...], str]:
    network = resources.network(run_id, step)
    _, picture = _first_picture(network.config.dataset)
    drawing = network_view.of_network(network)._replace(picture=picture)
    return network.sizes[1:], svg(drawing, size)


def of_image(run_id: str, step: int, image: NDArray[np.uint8]) -> None:
    """The network of a run's last checkpoint, lit by a picture."""
    network = resources.network(run_id, step)
    drawing = network_view.of_image(network, torch.from_numpy(image))
    _component(key="network", data=svg(drawing, LARGE))
    st.caption(f"{LIT} {LINES}")
