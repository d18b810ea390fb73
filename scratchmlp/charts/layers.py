"""Charts of the layers of a network over the epochs: their outputs and their statistics."""

from typing import NamedTuple

import altair as alt
import pandas as pd

from scratchmlp.charts.axes import log_axis
from scratchmlp.charts.theme import PALETTE, SHARE, curve_color, title
from scratchmlp.charts.tooltips import percent_tooltip, with_percents

SMALL_HEIGHT = 250  # several of these charts are side by side
_EPOCHS = alt.Axis(tickMinStep=1, format="d", tickCount=6)


class Metric(NamedTuple):
    """How a column of `analysis.layers.layer_metrics` is drawn."""

    heading: str
    axis: str
    is_share: bool


METRICS = {
    "update_ratio": Metric("Update ratio", "update / weights", False),
    "gradient_norm": Metric("Gradient norm", "norm", False),
    "weight_norm": Metric("Weight norm", "norm", False),
    "dead": Metric("Dead units", "share of units", True),
    "flat": Metric("Saturated outputs", "share of outputs", True),
}


def layer_chart(metrics: pd.DataFrame, name: str) -> alt.Chart:
    """One metric over the epochs, with a line for each layer.

    Parameters
    ----------
    metrics : as `analysis.layers.layer_metrics` returns them; NaN is left out, and so is 0 on
        a logarithmic axis.
    name : which column, a key of `METRICS`.
    """
    metric = METRICS[name]
    table = metrics[["epoch", "layer", name]].dropna()
    table = table if metric.is_share else table[table[name] > 0]
    table = table.assign(curve=[f"layer {layer}" for layer in table["layer"]])
    colors = dict(zip(table["curve"].unique(), PALETTE, strict=False))
    scale = SHARE if metric.is_share else alt.Scale(type="log", nice=False)
    heading = metric.heading.lower()
    chart, figure = alt.Chart(table), alt.Tooltip(f"{name}:Q", title=heading, format=".3g")
    if metric.is_share:
        chart, figure = with_percents(chart, **{name: 1}), percent_tooltip(name, heading)
    return (
        chart.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=30))
        .encode(
            x=alt.X("epoch:Q", axis=_EPOCHS, title="epoch"),
            y=alt.Y(
                f"{name}:Q",
                title=metric.axis,
                scale=scale,
                axis=alt.Axis(format="%", tickCount=5) if metric.is_share else log_axis(),
            ),
            color=curve_color(colors),
            tooltip=[
                alt.Tooltip("curve:N", title="layer"),
                alt.Tooltip("epoch:Q", title="epoch"),
                figure,
            ],
        )
        .properties(height=SMALL_HEIGHT, title=title(metric.heading))
    )


def activation_chart(histograms: pd.DataFrame, layer: int, name: str = "") -> alt.Chart:
    """Histograms of a layer's outputs over the epochs; frequent outputs are darker.

    Parameters
    ----------
    histograms : as `analysis.layers.activation_histograms` returns them.
    layer : from 1.
    name : the name of the layer in the title; "hidden layer 1" and so on by default.
    """
    name = name or f"hidden layer {layer}"
    table = histograms.loc[histograms["layer"] == layer, ["epoch", "low", "high", "share"]]
    table = table[table["share"] > 0]
    half = table["epoch"].drop_duplicates().diff().median() / 2 if len(table) else 0.5
    half = 0.5 if pd.isna(half) else half  # there is a single epoch
    table = table.assign(left=table["epoch"] - half, right=table["epoch"] + half)
    last = float(table["right"].max()) if len(table) else 1.5
    return (
        with_percents(alt.Chart(table), share=2)
        .mark_rect()
        .encode(
            x=alt.X(
                "left:Q",
                title="epoch",
                axis=_EPOCHS,
                scale=alt.Scale(domain=[0.5, last], nice=False, clamp=True),
            ),
            x2="right:Q",
            y=alt.Y("low:Q", title="output"),
            y2="high:Q",
            color=alt.Color(
                "share:Q", scale=alt.Scale(type="sqrt", scheme="blues", zero=True), legend=None
            ),
            tooltip=[
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip("low:Q", title="outputs from", format=".2f"),
                alt.Tooltip("high:Q", title="to", format=".2f"),
                percent_tooltip("share", "share"),
            ],
        )
        .properties(height=SMALL_HEIGHT, title=title(f"Outputs of {name}"))
    )
