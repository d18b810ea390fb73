"""Axes of charts: a logarithmic scale with the ticks that people expect on one"""

from typing import Any

import altair as alt

_NARROW = 0.8  # decades: a shorter axis has the ticks of a linear one
# For an axis of up to so many decades: how many of them are between two ticks.
_STEPS = {9: 1, 18: 2, 45: 5, 90: 10, 180: 20, 700: 50}  # a loss may be as large as a float


def log_axis(channel: str = "y", **options: Any) -> alt.Axis:
    """Ticks at 1, 2 and 5 of each decade, or at powers of ten where the axis is long.

    The browser chooses, because only it knows what is on the axis. It leaves out the ticks beyond
    the ends of a scale that is not clamped. A chart of several layers needs the axis in one of them
    only, because each is part of what an update of the chart sends.
    """
    low, high = (f"log(domain('{channel}')[{end}])/LN10" for end in (0, 1))
    ticks = "null"
    for most, step in reversed(_STEPS.items()):
        ticks = f"{high}-{low}<{most}?{_ticks(low, most, step)}:{ticks}"
    ticks = f"{high}-{low}<3.5?{_ticks(low, 4, 1, (1, 2, 5))}:{ticks}"
    ticks = f"{high}-{low}<{_NARROW}?null:{ticks}"
    is_extreme = "datum.value < 0.001 || datum.value >= 1e5"
    number = f"replace(format(datum.value, {is_extreme} ? '.0e' : '~g'), '+', '')"
    return alt.Axis(values=alt.ExprRef(expr=ticks), labelExpr=number, **options)


def _ticks(low: str, decades: int, step: int, factors: tuple[int, ...] = (1,)) -> str:
    """The multiples of every so many powers of ten, from below `low` on (an exponent)."""
    first = f"floor({low}/{step})"
    exponents = [f"{step}*({first}+{k})" for k in range(decades // step + 2)]
    return f"[{','.join(f'{m}*pow(10,{e})' for e in exponents for m in factors)}]"
