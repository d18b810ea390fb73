"""Lines to compare a curve with, faint, each with its name and its value at the right edge.

They are grid lines of a second axis, so they lie behind the curves, their names beside the chart,
and one that is beyond the ends of the scale is not drawn.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt

from scratchmlp.charts.theme import GREY

LABEL_HEIGHT = 20  # pixels


class Line(NamedTuple):
    """A line at a value; `text` is how the value is printed."""

    name: str
    value: float
    text: str


def lines_layer(lines: Sequence[Line], x: alt.X, column: str, scale: alt.Scale) -> alt.Chart:
    """The lines, and values that the scale must reach: those of this column of the table "axis".

    `lines` : in order of importance. If two are close together, only the first one is named.
    """
    axis: Any = None
    if lines:
        axis = alt.Axis(
            orient="right",
            values=[line.value for line in lines],
            labelExpr=_labels(lines),
            labelFontSize=10.5,
            labelLineHeight=11,
            title=None,
            domain=False,
            ticks=False,
            grid=True,
            gridColor=GREY,
            gridDash=[3, 4],
            gridWidth=1,
        )
    ends = alt.Chart(alt.NamedData("axis")).mark_point(opacity=0, tooltip=None)
    ends = ends.transform_filter(f"isValid(datum.{column})")
    return ends.encode(x=x, y=alt.Y(f"{column}:Q", axis=axis, scale=scale))


def _labels(lines: Sequence[Line]) -> str:
    """An expression: the name and the value of each line, one below the other."""
    label = "''"
    for place, line in reversed([*enumerate(lines)]):
        near = [
            f"abs(scale('y',{line.value!r})-scale('y',{other.value!r}))<{LABEL_HEIGHT}"
            for other in lines[:place]
        ]
        words = json.dumps([line.name, line.text])
        shown = f"({'||'.join(near)})?'':{words}" if near else words
        label = f"abs(datum.value-{line.value!r})<1e-9?({shown}):{label}"
    return label
