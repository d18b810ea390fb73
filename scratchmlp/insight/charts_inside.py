"""Charts of what goes on inside a network as it learns: its layers over the epochs.

The tables are those of `insight.inside`.
"""

from typing import NamedTuple

import altair as alt
import pandas as pd

from scratchmlp.insight.charts import BLUE, GREEN, ORANGE, title

HEIGHT = 200
COLORS = [BLUE, ORANGE, GREEN, "#cc79a7", "#56b4e9", "#d55e00", "#8a94a3"]  # Okabe & Ito's
EPOCH = alt.Axis(tickMinStep=1, format="d")


class Measure(NamedTuple):
    """How a column of `inside.layer_measures` is drawn."""

    title: str
    axis: str
    format: str
    logarithmic: bool


MEASURES = {
    "dead": Measure("Dead units", "share of the layer", ".0%", False),
    "gradient_norm": Measure("Gradient of the weights", "norm", ".2e", True),
    "update_ratio": Measure("Step against weights", "norm of step / norm of weights", ".2e", True),
}


def measure_chart(measures: pd.DataFrame, column: str) -> alt.Chart:
    """A line for each layer over the epochs.

    Parameters
    ----------
    measures : columns epoch, layer, and `column`, one of `MEASURES`.
    """
    how = MEASURES[column]
    table = measures[["epoch", "layer", column]].dropna()
    table = table[table[column] > 0] if how.logarithmic else table
    table = table.assign(layer="layer " + table["layer"].astype(str))
    layers = list(dict.fromkeys(table["layer"]))
    scale = alt.Scale(type="log") if how.logarithmic else alt.Scale(domain=[0, 1])
    ticks = ".0e" if how.logarithmic else "%"
    return (
        alt.Chart(table)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=30))
        .encode(
            x=alt.X("epoch:Q", title="epoch", axis=EPOCH, scale=alt.Scale(zero=False)),
            y=alt.Y(f"{column}:Q", title=how.axis, scale=scale, axis=alt.Axis(format=ticks)),
            color=alt.Color(
                "layer:N",
                scale=alt.Scale(domain=layers, range=COLORS[: len(layers)]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=[
                alt.Tooltip("layer:N", title="of"),
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip(f"{column}:Q", title=how.title.lower(), format=how.format),
            ],
        )
        .properties(height=HEIGHT, title=title(how.title))
    )


def histogram_chart(histograms: pd.DataFrame, name: str) -> alt.Chart:
    """How the outputs of one layer are spread, epoch by epoch: the darker, the more of them.

    Parameters
    ----------
    histograms : of one layer: columns epoch, low, high, count, share.
    """
    table = histograms.assign(until=histograms["epoch"] + 1)
    return (
        alt.Chart(table)
        .mark_rect()
        .encode(
            x=alt.X("epoch:Q", title="epoch", axis=EPOCH, scale=alt.Scale(zero=False, nice=False)),
            x2="until:Q",
            y=alt.Y("low:Q", title="output", scale=alt.Scale(zero=False)),
            y2="high:Q",
            color=alt.Color(
                "share:Q",
                title="share",
                scale=alt.Scale(type="sqrt", scheme="viridis"),
                legend=alt.Legend(format=".0%", gradientLength=HEIGHT - 40),
            ),
            tooltip=[
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip("low:Q", title="from", format=".3g"),
                alt.Tooltip("high:Q", title="to", format=".3g"),
                alt.Tooltip("share:Q", title="share of all outputs", format=".1%"),
            ],
        )
        .properties(height=HEIGHT, title=title(name))
    )
