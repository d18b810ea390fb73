"""Inside a run: what its first layer looks for, and how its layers change as it learns."""

import pandas as pd
import streamlit as st

from scratchmlp import glossary
from scratchmlp.analysis import layers
from scratchmlp.charts.image_urls import webp_url
from scratchmlp.charts.layers import METRICS, activation_chart, layer_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, run_status, selection, session
from scratchmlp.ui.train import absence

MAX_UNITS = 128
COLUMNS = 2
MAX_EPOCHS = 60  # columns of a histogram: more would be thinner than a line
EQUAL = (
    "There is no picture, because every unit has the same weights. Units that start equal get "
    "equal gradients and stay equal: that is why weights start at random."
)
_WEIGHTS = glossary.explain("weights", "unit")
_OUTPUTS = glossary.explain("activation", "dead unit", "logits")
HELP = {
    "update_ratio": "How far a step moves the weights. About a thousandth is usual. A tenth "
    "overwrites what was learned; a millionth learns nothing.",
    "gradient_norm": "How strongly the loss pulls at each layer. If the lines differ by orders of "
    "magnitude, some layers hardly learn. Rising lines come before a run diverges.",
    "weight_norm": "How large the weights are. If they grow steadily, the predictions become more "
    "and more confident. Weight decay limits that.",
    "dead": "A dead unit gives 0 for every picture and learns no more. Many of them are lost "
    "capacity: try a smaller learning rate or leaky-relu.",
    "flat": "An output learns nothing where its activation is flat. With ReLU half or more is "
    "usual. With tanh or sigmoid it means saturated units.",
}


def show(run: Run) -> None:
    st.fragment(_show, run_every=run_status.seconds_between_looks(run))(run.id)


def _show(run_id: str) -> None:
    with session.errors_shown():
        run = selection.followed_run(run_id)
        step, epoch = resources.store().last_checkpoint(run.id)
        if not step:
            st.caption(absence.sentence(run, "pictures of its layers", "epoch"))
            return
        _weights(run, step, epoch)
        epochs = _thinned(resources.history(run).epochs)
        if not absence.was_trained_here(run):
            st.caption(absence.sentence(run, "statistics of its layers", "epoch"))
            return
        _measures(layers.layer_metrics(epochs))
        _histograms(layers.activation_histograms(epochs))


def _weights(run: Run, step: int, epoch: int) -> None:
    url, units, shown, are_equal = _sprite(run.id, step)
    st.subheader(f"Weights of the first layer after epoch {epoch}", anchor=False, help=_WEIGHTS)
    if are_equal:
        st.info(EQUAL)
        return
    with st.container(key="weight_pictures"):
        st.image(url, width="stretch")
    st.caption(
        "Each tile shows the 784 weights of a unit as a picture: ink on orange counts for the "
        "unit, ink on blue against it. Strokes and edges mean that the unit has learned a shape; "
        "noise means that it has not."
        + (f" These are the first {shown} of {units:,} units." if shown < units else "")
    )


@st.cache_data(show_spinner=False, max_entries=20)
def _sprite(run_id: str, step: int) -> tuple[str, int, int, bool]:
    """The picture of the first layer's weights, the number of units, how many it shows, and
    whether all units are the same.
    """
    network = resources.network(run_id, step)
    units = network.sizes[1]
    return (
        webp_url(layers.weight_grid(network, MAX_UNITS)),
        units,
        min(units, MAX_UNITS),
        layers.has_equal_units(network),
    )


def _thinned(epochs: pd.DataFrame) -> pd.DataFrame:
    """At most `MAX_EPOCHS` of them at equal distances, the last included."""
    every = -(-len(epochs) // MAX_EPOCHS) or 1
    return epochs.iloc[::-1].iloc[::every].iloc[::-1]


def _measures(measures: pd.DataFrame) -> None:
    known = [name for name in METRICS if measures[name].notna().any()]
    if not known:
        st.info("This run was trained by an older version, which kept no statistics of its layers.")
        return
    for first in range(0, len(known), COLUMNS):
        row = zip(st.columns(COLUMNS, gap="large"), known[first:], strict=False)
        for column, name in row:
            with column, st.container(key=f"inside_{name}"):
                _measure(measures, name)


def _measure(measures: pd.DataFrame, name: str) -> None:
    last = measures.dropna(subset=name).iloc[-1]
    heading = METRICS[name].heading
    if not (METRICS[name].is_share or measures[name].max() > 0):
        st.subheader(heading, anchor=False)
        st.caption(f"It is 0 in every layer after every epoch. {HELP[name]}")
        return
    alt = f"{heading} by epoch; the last is {last[name]:.3g} in layer {last['layer']:.0f}."
    st.altair_chart(layer_chart(measures, name), alt=alt)
    st.caption(HELP[name])


def _histograms(histograms: pd.DataFrame) -> None:
    if histograms.empty:
        st.info("This run was trained by an older version, which kept no histograms.")
        return
    last = int(histograms["layer"].max())
    st.subheader("Distribution of each layer's outputs", anchor=False, help=_OUTPUTS)
    columns = st.columns(COLUMNS, gap="large")
    for layer in range(1, last + 1):
        name = "the last layer (logits)" if layer == last else ""
        with columns[(layer - 1) % COLUMNS], st.container(key=f"histogram_{layer}"):
            chart = activation_chart(histograms, layer, name)
            st.altair_chart(chart, alt=f"Outputs of layer {layer} by epoch.")
    st.caption(
        "A column is an epoch; the darker a cell, the more outputs are there. Hidden layers should "
        "keep some spread: all at 0 means dead units, all at an end means saturated ones. Logits "
        "that grow without end mean more and more confident predictions."
    )
