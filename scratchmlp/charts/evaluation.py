"""Charts of an evaluation: calibration, abstention, embedding map."""

from typing import Any

import altair as alt
import pandas as pd

from scratchmlp.charts.theme import (
    BLUE,
    CLASSES,
    GREEN,
    GREY,
    HEIGHT,
    ORANGE,
    SHARE,
    curve_color,
    title,
)
from scratchmlp.charts.tooltips import percent_tooltip, with_percents


def reliability_chart(curves: dict[str, pd.DataFrame]) -> alt.LayerChart:
    """Accuracy against confidence; they are equal on the dashed line.

    Parameters
    ----------
    curves : tables from `calibration.reliability`, by name. The more pictures a bin has, the larger
        is its point, and the thicker is its line, which is the 95% interval.
    """
    table = pd.concat([rows.assign(curve=name) for name, rows in curves.items()])
    colors = dict(zip(curves, (BLUE, ORANGE, GREEN), strict=False))
    share = alt.Axis(format="%")
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
        .mark_line(strokeDash=[5, 4], color=GREY, strokeWidth=1.5)
        .encode(x="x:Q", y="y:Q")
    )
    chart = with_percents(alt.Chart(table), confidence=1, accuracy=1, lowest=1, highest=1)
    base = chart.encode(
        x=alt.X("confidence:Q", title="confidence", axis=share, scale=SHARE),
        y=alt.Y("accuracy:Q", title="accuracy", axis=share, scale=SHARE),
        color=curve_color(colors),
        tooltip=[
            alt.Tooltip("curve:N", title="of"),
            percent_tooltip("confidence", "mean confidence"),
            percent_tooltip("accuracy", "accuracy"),
            percent_tooltip("lowest", "95% interval from"),
            percent_tooltip("highest", "to"),
            alt.Tooltip("n:Q", title="pictures", format=","),
        ],
    )
    widths = alt.Scale(type="log", domainMin=1, range=[0.5, 2])
    # The field has a name of its own, because no legend of a field hides all legends of it.
    width = alt.StrokeWidth("width:Q", scale=widths, legend=None)
    intervals = base.transform_calculate(width="datum.n").mark_rule()
    intervals = intervals.encode(y="lowest:Q", y2="highest:Q", strokeWidth=width)
    size = alt.Size(
        "n:Q",
        scale=alt.Scale(type="log", domainMin=1, range=[15, 200]),
        legend=alt.Legend(
            title="pictures",
            orient="bottom",
            values=_powers(table["n"]),
            format=",",
            symbolFillColor=GREY,
            symbolStrokeWidth=0,
        ),
    )
    points = base.mark_circle(opacity=1).encode(size=size)
    layers: alt.LayerChart = alt.layer(diagonal, intervals, points)  # type: ignore[assignment]
    return layers.properties(height=HEIGHT + 60, title=title("Reliability diagram"))


def _powers(counts: pd.Series) -> list[int]:
    """1, 10, 100 … up to the largest of these counts."""
    return [10**k for k in range(len(str(counts.max())) if len(counts) else 1)]


def confidence_chart(table: pd.DataFrame) -> alt.Chart:
    """Histogram of the confidence of correct and wrong predictions (logarithmic counts).

    Parameters
    ----------
    table : columns p_prediction, correct.
    """
    table = table.dropna(subset=["p_prediction"])  # of a network whose outputs are NaN
    bins = (table["p_prediction"] * 20).astype(int).clip(upper=19)
    counts = table.groupby([bins, "correct"]).size().rename("n").reset_index()
    counts["low"], counts["high"] = counts["p_prediction"] / 20, (counts["p_prediction"] + 1) / 20
    counts["curve"] = counts["correct"].map({True: "correct", False: "wrong"})
    # The left half of each bin has the wrong predictions, the right half the correct ones.
    counts["left"] = counts["low"] + 0.025 * counts["correct"]
    counts["end"] = counts["left"] + 0.025
    powers = [0, 1, 10, 100, 1_000, 10_000]
    return (
        with_percents(
            alt.Chart(counts[["low", "high", "left", "end", "curve", "n"]]), low=0, high=0
        )
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("left:Q", title="confidence", axis=alt.Axis(format="%"), scale=SHARE),
            x2="end:Q",
            y=alt.Y(
                "n:Q",
                title="pictures (logarithmic)",
                stack=None,
                scale=alt.Scale(type="symlog"),
                axis=alt.Axis(values=powers, format=",d"),
            ),
            y2=alt.datum(0),
            color=curve_color({"correct": BLUE, "wrong": ORANGE}),
            tooltip=[
                alt.Tooltip("curve:N", title="predictions"),
                percent_tooltip("low", "confidence from"),
                percent_tooltip("high", "to"),
                alt.Tooltip("n:Q", title="pictures", format=","),
            ],
        )
        .properties(height=HEIGHT, title=title("Confidence of predictions"))
    )


def abstention_chart(table: pd.DataFrame) -> alt.Chart:
    """Accuracy of the most confident predictions, against their share.

    Parameters
    ----------
    table : from `calibration.abstention`.
    """
    share = alt.Axis(format="%")
    return (
        with_percents(alt.Chart(table), share=1, accuracy=2, confidence=1)
        .mark_line(strokeWidth=2.5, color=BLUE)
        .encode(
            x=alt.X(
                "share:Q",
                title="coverage (most confident first)",
                axis=share,
                scale=SHARE,
            ),
            y=alt.Y(
                "accuracy:Q",
                title="accuracy",
                axis=alt.Axis(format=".1%"),
                scale=alt.Scale(zero=False),
            ),
            tooltip=[
                percent_tooltip("share", "coverage"),
                percent_tooltip("accuracy", "accuracy"),
                percent_tooltip("confidence", "lowest confidence"),
            ],
        )
        .properties(height=HEIGHT, title=title("Accuracy against coverage"))
    )


def embedding_map_chart(
    rows: pd.DataFrame,
    classes: tuple[str, ...],
    area: tuple[float, float, float, float] | None = None,
) -> alt.LayerChart:
    """Samples as points. A click selects one as "picture", a drag selects a rectangle as "area".

    Parameters
    ----------
    rows : columns x, y, truth, prediction (names), correct, image (data URL), index.
    area : a rectangle to mark: left, right, low, high.
    """
    edge = alt.BrushConfig(stroke=ORANGE, strokeWidth=2, fill=ORANGE, fillOpacity=0.1)
    columns = alt.ExprRef("width < 400 ? 5 : 13")
    brush = alt.selection_interval(name="area", mark=edge)
    pick = alt.selection_point(name="picture", fields=["index"], on="click", empty=False)
    base = alt.Chart(rows).encode(
        **_position(),
        color=alt.Color(
            "truth:N",
            scale=alt.Scale(domain=list(classes), range=list(CLASSES)),
            legend=alt.Legend(orient="top", title="truth", columns=columns, symbolOpacity=1),
        ),
        tooltip=[
            alt.Tooltip("image:N"),
            alt.Tooltip("index:Q", title="picture", format="d"),
            alt.Tooltip("truth:N", title="truth"),
            alt.Tooltip("prediction:N", title="prediction"),
        ],
    )
    # No labels for screen readers: there are up to 2,500 points, and the gallery has the same.
    correct = base.transform_filter("datum.correct").mark_circle(
        size=14, opacity=1, cursor="pointer", aria=False
    )
    correct = correct.add_params(brush, pick)
    wrong = base.transform_filter("!datum.correct").mark_point(
        shape="diamond",
        size=75,
        filled=True,
        stroke=GREY,
        strokeWidth=1.5,
        opacity=1,
        cursor="pointer",
        aria=False,
    )
    marks = [correct, wrong] if area is None else [_rectangle(rows, area), correct, wrong]
    layers: alt.LayerChart = alt.layer(*marks)  # type: ignore[assignment]
    return layers.properties(height=500)


def _position() -> dict[str, Any]:
    """The channels of a place on the map, whose axes have no meaning."""
    bare = alt.Axis(labels=False, ticks=False, domain=False, grid=False, title=None)
    tight = alt.Scale(zero=False)
    return {
        "x": alt.X("x:Q", axis=bare, scale=tight),
        "y": alt.Y("y:Q", axis=bare, scale=tight),
    }


def _rectangle(rows: pd.DataFrame, area: tuple[float, float, float, float]) -> alt.Chart:
    """A rectangle, as far as there are points: the map does not shrink for it."""
    (left, right), (low, high) = area[:2], area[2:]
    x, y = rows["x"], rows["y"]
    edges = {
        "x": [min(max(left, x.min()), x.max())],
        "x2": [max(min(right, x.max()), x.min())],
        "y": [min(max(low, y.min()), y.max())],
        "y2": [max(min(high, y.max()), y.min())],
    }
    mark = alt.Chart(pd.DataFrame(edges)).mark_rect(
        fill=ORANGE, fillOpacity=0.1, stroke=ORANGE, strokeWidth=2, aria=False
    )
    return mark.encode(
        **_position(),
        x2="x2:Q",
        y2="y2:Q",
    )
