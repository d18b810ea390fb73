"""Lines to compare a curve with, faint, each with its name and its value at the right edge.

They are grid lines of a second axis, so they lie behind the curves, and one that is beyond the ends
of the scale is not drawn. Their names are a text beside the chart, in the room that the axis keeps
free: the labels of an axis would leave out one of two that are close together.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt

from scratchmlp.charts.theme import GREY, REFERENCES

LABEL_HEIGHT = 23  # pixels, of two lines
ROOM = 88  # pixels beside the chart, as wide as the longest name


class Line(NamedTuple):
    """A line at a value; `text` is how the value is printed."""

    name: str
    value: float
    text: str


def lines_layers(lines: Sequence[Line], x: alt.X, column: str, scale: alt.Scale) -> list[alt.Chart]:
    """The lines and their names, and values that the scale must reach: those of this column of the
    table "axis".
    """
    axis: Any = None
    if lines:
        axis = alt.Axis(
            orient="right",
            values=[line.value for line in lines],
            labels=False,
            minExtent=ROOM,
            maxExtent=ROOM,
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
    behind = ends.encode(x=x, y=alt.Y(f"{column}:Q", axis=axis, scale=scale))
    return [behind, _names(lines)] if lines else [behind]


def _names(lines: Sequence[Line]) -> alt.Chart:
    """The name and the value of each line, one below the other, beside the line."""
    from_above = sorted(lines, key=lambda line: -line.value)
    words = json.dumps([[line.name, line.text] for line in from_above])
    inside = [f"({_is_inside(line)})" for line in from_above]
    rows = alt.Chart(alt.sequence(len(lines), as_="place"))
    names = rows.mark_text(
        align="left",
        baseline="middle",
        fontSize=10.5,
        lineHeight=11,
        tooltip=None,
        x=alt.ExprRef("width + 8"),
        y=alt.ExprRef(f"[{','.join(_places(from_above))}][datum.place]"),
        text=alt.ExprRef(f"[{','.join(inside)}][datum.place]?{words}[datum.place]:''"),
    )
    return names.properties(name=REFERENCES)


def _is_inside(line: Line) -> str:
    return f"inrange(scale('y',{line.value!r}),[-0.5,height+0.5])"


def _places(from_above: Sequence[Line]) -> list[str]:
    """An expression for the height of each name: that of its line, or as near as the others allow.

    They are pushed down from the first, and then up from the lowest place: above the numbers of the
    other axis. A line below the chart takes no room.
    """
    down: list[str] = []
    for line in from_above:
        own = f"scale('y',{line.value!r})"
        least = f"{down[-1]}+{LABEL_HEIGHT}" if down else "0"
        down.append(f"max({own},{least})")
    up: list[str] = []
    for line, place in zip(reversed(from_above), reversed(down), strict=True):
        most = f"{up[-1]}-{LABEL_HEIGHT}" if up else "height-8"
        up.append(f"({_is_inside(line)}?min({place},{most}):{most}+{LABEL_HEIGHT})")
    return up[::-1]
