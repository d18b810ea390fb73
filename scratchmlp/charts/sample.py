"""Charts of one sample: the probability of each class, and the hidden units that decided."""

import json
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from scratchmlp.charts.theme import GREEN, GREY, HEIGHT, ORANGE, SHARE, curve_color, title
from scratchmlp.charts.tooltips import percent_tooltip, with_percents

Spec = dict[str, Any]


def probability_chart(names: tuple[str, ...], p: list[float], truth: int, prediction: int) -> Spec:
    """A bar for the probability of each class: a Vega-Lite specification with its table.

    The specification is the same for the next sample, so the browser keeps the chart and only
    loads the new numbers.
    """
    roles = {truth: "truth", prediction: "prediction"} | (
        {truth: "truth and prediction"} if truth == prediction else {}
    )
    table = pd.DataFrame(
        {"class": names, "p": p, "curve": [roles.get(i, "other") for i in range(len(names))]}
    )
    used = tuple(role for role in _ROLES if role in set(table["curve"]))
    return json.loads(_probability_chart(names, used)) | {"datasets": {"classes": table}}


_ROLES = {"truth": GREEN, "prediction": ORANGE, "truth and prediction": GREEN, "other": GREY}


@lru_cache(maxsize=64)
def _probability_chart(names: tuple[str, ...], roles: tuple[str, ...]) -> str:
    chart = (
        with_percents(alt.Chart(alt.NamedData("classes")), p=4)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("p:Q", title="probability", axis=alt.Axis(format="%"), scale=SHARE),
            y=alt.Y("class:N", title=None, sort=list(names), axis=alt.Axis(labelFlush=False)),
            color=curve_color({role: _ROLES[role] for role in roles}),
            tooltip=[
                alt.Tooltip("class:N", title="class"),
                percent_tooltip("p", "probability"),
            ],
        )
        .properties(height=HEIGHT, title=title("Probability of each class"))
    )
    return json.dumps(chart.to_dict())


def contribution_chart(table: pd.DataFrame, first: str, second: str, n: int = 12) -> alt.Chart:
    """The hidden units that contribute most to the difference between two classes.

    Parameters
    ----------
    table : columns unit, gap, activation, as `explanation.contributions` returns them.
    """
    largest = table.loc[table["gap"].abs().sort_values(ascending=False).index[:n]]
    largest = largest.assign(
        name=[f"unit {unit}" for unit in largest["unit"]],
        curve=[f"for {first}" if gap > 0 else f"for {second}" for gap in largest["gap"]],
    )
    colors = {f"for {first}": ORANGE, f"for {second}": GREEN}
    return (
        alt.Chart(largest)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("gap:Q", title=f"contribution to logit {first} - logit {second}"),
            y=alt.Y(
                "name:N",
                title=None,
                sort=list(largest["name"]),
                axis=alt.Axis(labelOverlap=False, labelFlush=False),
            ),
            color=curve_color(colors),
            tooltip=[
                alt.Tooltip("name:N", title="hidden unit"),
                alt.Tooltip("activation:Q", title="output", format=".3f"),
                alt.Tooltip("gap:Q", title="contribution", format="+.3f"),
            ],
        )
        .properties(height=HEIGHT, title=title("Contributions of the hidden units"))
    )
