"""Colours, legend and title of all charts, and their file formats.

The other modules of this package have the charts: each is a function that takes a table and returns
an Altair chart or a Vega-Lite specification. The page's theme colours the axes.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
from altair.utils import schemapi

# Altair would validate every part and then the whole chart again: the latter is enough.
schemapi.disable_debug_mode()

# Okabe & Ito's palette: the colour-blind can distinguish it, and it is readable on white and black.
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#8a94a3"
INK = "#1b2430"  # text on a white page
HEIGHT = 340
SHARE = alt.Scale(domain=[0, 1])

Chart = alt.TopLevelMixin


def curve_color(colors: Mapping[str, str], **legend: Any) -> alt.Color:
    """A colour for each value of the column "curve", and a legend above the chart."""
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    defaults = {
        "symbolOpacity": 1,
        "symbolSize": 60,
        "columnPadding": 12,
        "offset": 4,
        "padding": 0,
    }
    above = alt.Legend(orient="top", title=None, **defaults | legend)
    return alt.Color("curve:N", scale=scale, legend=above)


def title(text: str) -> alt.TitleParams:
    """A title at the left, above the chart."""
    return alt.TitleParams(text, anchor="start", fontSize=15, offset=6)


def svg(chart: Chart) -> str:
    """The chart as a self-contained vector image."""
    out = io.StringIO()
    chart.save(out, format="svg")
    return out.getvalue()


def png(chart: Chart) -> bytes:
    """The chart as pixels, at twice its size."""
    out = io.BytesIO()
    chart.save(out, format="png", scale_factor=2)
    return out.getvalue()


FORMATS: dict[str, Callable[[Chart], str | bytes]] = {"svg": svg, "png": png}
