"""Charts of one picture: how likely each class seemed, and which hidden units decided."""

import altair as alt
import pandas as pd

from scratchmlp.charts.theme import GREEN, GREY, HEIGHT, ORANGE, SHARE, named, title


def probability_chart(names: tuple[str, ...], p: list[float], truth: int, answer: int) -> alt.Chart:
    """A bar for each class: how likely the network thinks it is."""
    roles = {truth: "truth", answer: "prediction"} | (
        {truth: "truth and answer"} if truth == answer else {}
    )
    table = pd.DataFrame(
        {"class": names, "p": p, "curve": [roles.get(i, "other") for i in range(len(names))]}
    )
    colors = {"truth": GREEN, "prediction": ORANGE, "truth and answer": GREEN, "other": GREY}
    used = {role: colors[role] for role in dict.fromkeys(table["curve"])}
    return (
        alt.Chart(table)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("p:Q", title="probability", axis=alt.Axis(format="%"), scale=SHARE),
            y=alt.Y("class:N", title=None, sort=list(names)),
            color=named(used),
            tooltip=[
                alt.Tooltip("class:N", title="class"),
                alt.Tooltip("p:Q", title="probability", format=".4%"),
            ],
        )
        .properties(height=HEIGHT, title=title("How likely it thought each class"))
    )


def contribution_chart(table: pd.DataFrame, first: str, second: str, n: int = 12) -> alt.Chart:
    """The hidden units that decided most between two classes, as bars to either side.

    Parameters
    ----------
    table : columns unit, gap, activation, as `explain.contributions` gives them.
    """
    most = table.loc[table["gap"].abs().sort_values(ascending=False).index[:n]]
    most = most.assign(
        name=[f"unit {unit}" for unit in most["unit"]],
        curve=[f"for {first}" if gap > 0 else f"for {second}" for gap in most["gap"]],
    )
    colors = {f"for {first}": ORANGE, f"for {second}": GREEN}
    return (
        alt.Chart(most)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("gap:Q", title=f"added to logit {first} - logit {second}"),
            y=alt.Y(
                "name:N", title=None, sort=list(most["name"]), axis=alt.Axis(labelOverlap=False)
            ),
            color=named(colors),
            tooltip=[
                alt.Tooltip("name:N", title="hidden"),
                alt.Tooltip("activation:Q", title="its output", format=".3f"),
                alt.Tooltip("gap:Q", title="added", format="+.3f"),
            ],
        )
        .properties(height=HEIGHT, title=title("What the hidden units said"))
    )
