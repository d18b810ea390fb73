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

# Okabe & Ito's palette, which the colour-blind can distinguish. Where it is too light for a white
# page it is darker here: each colour has a contrast of 3:1 on the light and on the dark pages.
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#c77c00", "#009e73", "#76808f"
VERMILION, PINK, SKY = "#d55e00", "#c76b9e", "#2f8fcb"
PALETTE = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, GREY)
CLASSES = (*PALETTE, "#8a6dd6", "#7d8a1a", "#d6455f")  # as many as there are digits
INK = "#0b1220"  # text on a white page
WORDS = "words"  # the name of a text on a curve, which a page draws in the colour of its text
REFERENCES = "references"  # the same of the names of lines beside a chart
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
