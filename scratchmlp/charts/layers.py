"""Charts of what goes on inside a network as it learns: its outputs, and figures of its layers."""

from typing import NamedTuple

import altair as alt
import pandas as pd

from scratchmlp.charts.theme import BLUE, GREEN, GREY, ORANGE, SHARE, named, title

LOW_HEIGHT = 250  # these stand side by side, several at once
_MAGNITUDES = alt.Axis(
    labelExpr="format(datum.value, datum.value < 0.001 ? '.0e' : '~g')", tickCount=5
)
_EPOCHS = alt.Axis(tickMinStep=1, format="d", tickCount=6)
_LAYERS = (BLUE, ORANGE, GREEN, "#cc79a7", "#56b4e9", "#d55e00", GREY)


class Measure(NamedTuple):
    """How a column of `inside.layer_measures` is drawn."""

    heading: str
    axis: str
    is_share: bool


MEASURES = {
    "update_ratio": Measure("Size of an update", "step / weights", False),
    "gradient_norm": Measure("Gradients", "norm", False),
    "weight_norm": Measure("Weights", "norm", False),
    "dead": Measure("Dead units", "share of units", True),
    "flat": Measure("Flat outputs", "share of outputs", True),
}


def layer_chart(measures: pd.DataFrame, name: str) -> alt.Chart:
    """A figure of each layer over the epochs, a line a layer.

    Parameters
    ----------
    measures : as `inside.layer_measures` gives them; what is NaN, or 0 on a logarithmic axis, is
        left out.
    name : which column, a key of `MEASURES`.
    """
    how = MEASURES[name]
    table = measures[["epoch", "layer", name]].dropna()
    table = table if how.is_share else table[table[name] > 0]
    table = table.assign(curve=[f"layer {layer}" for layer in table["layer"]])
    layers = dict(zip(table["curve"].unique(), _LAYERS, strict=False))
    scale = SHARE if how.is_share else alt.Scale(type="log", nice=False)
    form = ".1%" if how.is_share else ".3g"
    return (
        alt.Chart(table)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=30))
        .encode(
            x=alt.X("epoch:Q", axis=_EPOCHS, title="epoch"),
            y=alt.Y(
                f"{name}:Q",
                title=how.axis,
                scale=scale,
                axis=alt.Axis(format="%", tickCount=5) if how.is_share else _MAGNITUDES,
            ),
            color=named(layers),
            tooltip=[
                alt.Tooltip("curve:N", title="of"),
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip(f"{name}:Q", title=how.heading.lower(), format=form),
            ],
        )
        .properties(height=LOW_HEIGHT, title=title(how.heading))
    )


def activation_chart(histograms: pd.DataFrame, layer: int, name: str = "") -> alt.Chart:
    """How often a layer's units gave which output, over the epochs: the darker, the more often.

    Parameters
    ----------
    histograms : as `inside.activation_histograms` gives them.
    layer : from 1.
    name : what to call it; "hidden layer 1" and so on by default.
    """
    table = histograms.loc[histograms["layer"] == layer, ["epoch", "low", "high", "share"]]
    table = table[table["share"] > 0]
    half = table["epoch"].drop_duplicates().diff().median() / 2 if len(table) else 0.5
    half = 0.5 if pd.isna(half) else half  # of a single epoch
    table = table.assign(left=table["epoch"] - half, right=table["epoch"] + half)
    last = float(table["right"].max()) if len(table) else 1.5
    return (
        alt.Chart(table)
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
                alt.Tooltip("share:Q", title="share", format=".2%"),
            ],
        )
        .properties(height=LOW_HEIGHT, title=title(f"Outputs of {name or f'hidden layer {layer}'}"))
    )
