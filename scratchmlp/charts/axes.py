"""Axes of charts: a logarithmic scale with the ticks that people expect on one"""

from typing import Any

import altair as alt

DECADES = range(-12, 13)
FAR = range(-320, 321)  # a loss may be as large as a float
_BY_SPAN = (  # up to so many decades on the axis: its ticks
    (0.8, [m * 10.0**e for e in DECADES for m in (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)]),
    (3, [m * 10.0**e for e in DECADES for m in (1, 2, 5)]),
    (9, [10.0**e for e in DECADES]),
    (30, [10.0**e for e in FAR if not e % 5 and abs(e) < 300]),
)
_FARTHEST = [10.0**e for e in FAR if not e % 50 and abs(e) <= 300]


def log_axis(channel: str = "y", **options: Any) -> alt.Axis:
    """Ticks at 1, 2 and 5 of each decade; at more on a short axis, at powers of ten on a long one.

    The browser chooses, because only it knows what is on the axis; it leaves out those beyond.
    """
    ends = f"domain('{channel}')"
    span = f"log({ends}[1] / {ends}[0]) / LN10"
    values = str(_FARTHEST)
    for most, ticks in reversed(_BY_SPAN):
        values = f"{span} < {most} ? {ticks} : {values}"
    return alt.Axis(values=alt.ExprRef(expr=values), format="~g", **options)
