"""Axes of charts: a logarithmic scale with the ticks that people expect on one"""

from typing import Any

import altair as alt

_NARROW = 0.8  # decades: a shorter axis has the ticks of a linear one
_DECADES = range(-12, 13)
_ALL_DECADES = range(-300, 301)  # a loss may be as large as a float
# For an axis of up to so many decades: how many of them are between two ticks.
_STEPS = {9: 1, 18: 2, 45: 5, 90: 10, 180: 20}
_LARGEST_STEP = 50


def log_axis(channel: str = "y", **options: Any) -> alt.Axis:
    """Ticks at 1, 2 and 5 of each decade, or at powers of ten where the axis is long.

    The browser chooses, because only it knows what is on the axis. It leaves out the ticks beyond
    the ends of a scale that is not clamped.
    """
    ends = f"domain('{channel}')"
    decades = f"log({ends}[1] / {ends}[0]) / LN10"
    ticks = str(_powers(_LARGEST_STEP))
    for most, step in reversed(_STEPS.items()):
        ticks = f"{decades} < {most} ? {_powers(step)} : {ticks}"
    one_two_five = [m * 10.0**e for e in _DECADES for m in (1, 2, 5)]
    ticks = f"{decades} < 3.5 ? {one_two_five} : {ticks}"
    ticks = f"{decades} < {_NARROW} ? null : {ticks}"
    number = "format(datum.value, datum.value < 0.001 || datum.value >= 1e5 ? '.0e' : '~g')"
    return alt.Axis(values=alt.ExprRef(expr=ticks), labelExpr=number, **options)


def _powers(step: int) -> list[float]:
    return [10.0**e for e in _ALL_DECADES if e % step == 0]
