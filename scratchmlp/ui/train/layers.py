"""Inside a run: what its first layer looks for, and how its layers do, as it learns."""

import pandas as pd
import streamlit as st

from scratchmlp.analysis import layers
from scratchmlp.charts.image_urls import webp_url
from scratchmlp.charts.layers import METRICS, activation_chart, layer_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.train import run_card

MOST_UNITS = 128
COLUMNS = 2
MOST_EPOCHS = 60  # columns of a histogram: more are thinner than a line
LOOK_FOR = {
    "update_ratio": "How far a step moves the weights. About a thousandth is usual; a tenth "
    "overwrites what was learnt, a millionth stands still.",
    "gradient_norm": "How strongly the loss pulls at each layer. Lines that part by orders of "
    "magnitude mean that some layers hardly learn; rising ones come before a run diverges.",
    "weight_norm": "How large the weights are. Steady growth makes ever surer answers; weight "
    "decay holds it back.",
    "dead": "A dead unit answers 0 to every picture and learns no more. Many of them are lost "
    "capacity: try a smaller learning rate or leaky-relu.",
    "flat": "Through an output whose activation is flat there, nothing is learnt. With ReLU half "
    "and more is usual; with tanh or sigmoid it means saturated units.",
}


def show(run: Run) -> None:
    st.fragment(_show, run_every=run_card.pace(run))(run.id)


def _show(run_id: str) -> None:
    with session.errors_shown():
        run = session.store().run(run_id)
        step, epoch = session.store().last_checkpoint(run.id)
        if not step:
            st.caption("There is something to see inside after the first epoch.")
            return
        _weights(run, step, epoch)
        epochs = _thinned(session.curves(run).epochs)
        _measures(layers.layer_metrics(epochs))
        _histograms(layers.activation_histograms(epochs))


def _weights(run: Run, step: int, epoch: int) -> None:
    url, units, shown = _sprite(run.id, step)
    st.markdown(f"**What the first layer looks for**, after epoch {epoch}")
    with st.container(key="weight_pictures"):
        st.image(url, width="stretch")
    st.caption(
        "Each tile is a unit's 784 weights as a picture: ink on orange speaks for the unit, on "
        "blue against it. Strokes and edges mean that it found something; noise, that it did not."
        + (f" The first {shown} of {units:,} units are shown." if shown < units else "")
    )


@st.cache_data(show_spinner=False, max_entries=20)
def _sprite(run_id: str, step: int) -> tuple[str, int, int]:
    """The picture of a checkpoint's weights, how many units there are, and how many are shown."""
    network = session.store().network(run_id)
    units = network.params[0][0].shape[1]
    return webp_url(layers.weight_grid(network, MOST_UNITS)), units, min(units, MOST_UNITS)


def _thinned(epochs: pd.DataFrame) -> pd.DataFrame:
    """At most `MOST_EPOCHS` of them, evenly spread, the last among them."""
    every = -(-len(epochs) // MOST_EPOCHS) or 1
    return epochs.iloc[::-1].iloc[::every].iloc[::-1]


def _measures(measures: pd.DataFrame) -> None:
    known = [name for name in METRICS if measures[name].notna().any()]
    if not known:
        st.info("This run was trained by a version that kept no statistics of its layers.")
        return
    for first in range(0, len(known), COLUMNS):
        row = zip(st.columns(COLUMNS, gap="large"), known[first:], strict=False)
        for column, name in row:
            with column, st.container(key=f"inside_{name}"):
                _measure(measures, name)


def _measure(measures: pd.DataFrame, name: str) -> None:
    last = measures.dropna(subset=name).iloc[-1]
    what = METRICS[name].heading
    alt = f"{what} by epoch; now {last[name]:.3g} in layer {last['layer']:.0f}."
    st.altair_chart(layer_chart(measures, name), alt=alt)
    st.caption(LOOK_FOR[name])


def _histograms(histograms: pd.DataFrame) -> None:
    if histograms.empty:
        st.info("This run was trained by a version that kept no histograms of its outputs.")
        return
    last = int(histograms["layer"].max())
    st.markdown("**How the outputs of each layer are spread**")
    columns = st.columns(COLUMNS, gap="large")
    for layer in range(1, last + 1):
        name = "the last layer (logits)" if layer == last else ""
        with columns[(layer - 1) % COLUMNS], st.container(key=f"histogram_{layer}"):
            chart = activation_chart(histograms, layer, name)
            st.altair_chart(chart, alt=f"Outputs of layer {layer} by epoch.")
    st.caption(
        "A column is an epoch, and the darker a cell, the more outputs are there. Hidden layers "
        "should keep some spread: all at 0 is dead, all at an end is saturated. Logits that grow "
        "without end mean ever surer answers."
    )
