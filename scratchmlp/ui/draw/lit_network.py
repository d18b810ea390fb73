"""The network, lit by a drawing."""

import streamlit as st

from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import network_drawing
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """Lit by the digit that is explained; by nothing before something is drawn."""
    if predicted.digit is None:
        st.caption("Draw something, and you see which units it lights.")
        network_drawing.of_run(run.id, network.step)
    else:
        network_drawing.of_image(run.id, network.step, predicted.digit.image)
