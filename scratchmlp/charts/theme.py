"""What every chart shares: colours, legend, title, and the files a chart becomes.

A chart takes a table and returns an Altair chart; the page's theme colours its axes. The charts
stand in `charts_training`, `charts_inside`, `charts_evaluation`, `charts_picture`.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
from altair.utils import schemapi

# Altair checks every part as it is made, and then the whole chart: the latter is enough.
schemapi.disable_debug_mode()

# Okabe & Ito's palette: told apart by the colour-blind, readable on white and on black.
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#8a94a3"
INK = "#1b2430"  # of words on a white page
HEIGHT = 340
SHARE = alt.Scale(domain=[0, 1])

Chart = alt.TopLevelMixin


def named(values: Mapping[str, str], **legend: Any) -> alt.Color:
    """A colour for each value of the column "curve", and a legend above the chart."""
    scale = alt.Scale(domain=list(values), range=list(values.values()))
    usual = {"symbolOpacity": 1, "symbolSize": 60, "columnPadding": 12, "offset": 4, "padding": 0}
    above = alt.Legend(orient="top", title=None, **usual | legend)
    return alt.Color("curve:N", scale=scale, legend=above)


def title(text: str) -> alt.TitleParams:
    """A title at the left, above the chart."""
    return alt.TitleParams(text, anchor="start", fontSize=15, offset=6)


def svg(chart: Chart) -> str:
    """The chart as a drawing that needs nothing else."""
    out = io.StringIO()
    chart.save(out, format="svg")
    return out.getvalue()


def png(chart: Chart) -> bytes:
    """The chart as pixels, twice as many as it is large."""
    out = io.BytesIO()
    chart.save(out, format="png", scale_factor=2)
    return out.getvalue()


FORMATS: dict[str, Callable[[Chart], str | bytes]] = {"svg": svg, "png": png}
