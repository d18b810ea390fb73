"""Percentages in the tooltips of charts, printed as everywhere else"""

import altair as alt

from scratchmlp.figures import percent_expression


def with_percents(chart: alt.Chart, **decimals: int) -> alt.Chart:
    """The chart with a text for each of these fields: a share as a percentage."""
    texts = {f"{name}_percent": percent_expression(name, n) for name, n in decimals.items()}
    return chart.transform_calculate(**texts)


def percent_tooltip(field: str, title: str) -> alt.Tooltip:
    """A field that `with_percents` has given a text."""
    return alt.Tooltip(f"{field}_percent:N", title=title)
