"""Charts of an evaluation: what it confused, and whether it knows when it may be wrong."""

import altair as alt
import pandas as pd

from scratchmlp.charts.theme import BLUE, GREEN, GREY, HEIGHT, INK, ORANGE, SHARE, named, title


def confusion_chart(
    cells: pd.DataFrame,
    order: list[str],
    rates: bool,
    rows: str = "truth",
    columns: str = "prediction",
    ink: str = INK,
) -> alt.LayerChart:
    """A square for each pair of truth and answer; clicking one selects it as "cell".

    Parameters
    ----------
    cells : columns truth, answer (names), count, rate, as `evaluation.confused` gives them.
    order : names of the classes, from the top and from the left.
    rates : colour and print the share of each truth, and not the count.
    rows, columns : titles of the axes.
    ink : colour of numbers on the page's own background.
    """
    field, shown = ("rate", ".1%") if rates else ("count", ",d")
    pick = alt.selection_point(name="cell", fields=["truth", "prediction"], on="click", empty=False)
    top = alt.Axis(labelAngle=0, orient="top")
    base = alt.Chart(cells).encode(
        x=alt.X("prediction:N", title=columns, sort=order, axis=top, scale=_all(order)),
        y=alt.Y("truth:N", title=rows, sort=order, scale=_all(order)),
        tooltip=[
            alt.Tooltip("truth:N", title=rows),
            alt.Tooltip("prediction:N", title=columns),
            alt.Tooltip("count:Q", title="pictures", format=","),
            alt.Tooltip("rate:Q", title="share of the row", format=".2%"),
        ],
    )
    squares = (
        base.mark_rect(cornerRadius=2, cursor="pointer", fill=BLUE)
        .encode(
            fillOpacity=alt.FillOpacity(f"{field}:Q", scale=_FAINT, legend=None),
            stroke=alt.condition(pick, alt.value(ORANGE), alt.value(None)),
            strokeWidth=alt.value(3),
        )
        .add_params(pick)
    )
    dark = f"datum.{field} > {float(cells[field].max()) * DARK if len(cells) else 0}"
    numbers = base.transform_filter("datum.count > 0").encode(
        text=alt.Text(f"{field}:Q", format=shown)
    )
    size = 12 if len(order) <= 12 else 9
    on_dark = numbers.transform_filter(dark).mark_text(color="white", fontSize=size, aria=False)
    on_page = numbers.transform_filter(f"!({dark})").mark_text(color=ink, fontSize=size, aria=False)
    chart: alt.LayerChart = alt.layer(squares, on_page, on_dark)  # type: ignore[assignment]
    return chart.properties(height=440)


DARK = 0.8  # of the fullest square: from there white is easier to read than ink, WCAG 2.2
_FAINT = alt.Scale(range=[0.07, 1], zero=True)  # over any page, light or dark


def _all(order: list[str]) -> alt.Scale:
    """Every class has its row and column, though nothing may be in it."""
    return alt.Scale(domain=order)


def reliability_chart(curves: dict[str, pd.DataFrame]) -> alt.LayerChart:
    """Accuracy against confidence; on the dashed line a network is as often right as it is sure.

    Parameters
    ----------
    curves : by name, tables with columns low, high, n, confidence, accuracy, as
        `calibration.reliability` gives them.
    """
    table = pd.concat([rows.assign(curve=name) for name, rows in curves.items()])
    colors = dict(zip(curves, (BLUE, ORANGE, GREEN), strict=False))
    share = alt.Axis(format="%")
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
        .mark_line(strokeDash=[5, 4], color=GREY, strokeWidth=1.5)
        .encode(x="x:Q", y="y:Q")
    )
    points = (
        alt.Chart(table)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45))
        .encode(
            x=alt.X("confidence:Q", title="how sure it was", axis=share, scale=SHARE),
            y=alt.Y("accuracy:Q", title="how often it was right", axis=share, scale=SHARE),
            color=named(colors),
            tooltip=[
                alt.Tooltip("curve:N", title="answers"),
                alt.Tooltip("confidence:Q", title="confidence, mean", format=".1%"),
                alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
                alt.Tooltip("n:Q", title="pictures", format=","),
            ],
        )
    )
    layers: alt.LayerChart = alt.layer(diagonal, points)  # type: ignore[assignment]
    return layers.properties(height=HEIGHT, title=title("Is it as often right as it is sure?"))


def confidence_chart(table: pd.DataFrame) -> alt.Chart:
    """How many answers, right and wrong, were given with which confidence (logarithmic counts).

    Parameters
    ----------
    table : columns p_prediction, right.
    """
    place = (table["p_prediction"] * 20).astype(int).clip(upper=19)
    counts = table.groupby([place, "correct"]).size().rename("n").reset_index()
    counts["low"], counts["high"] = counts["p_prediction"] / 20, (counts["p_prediction"] + 1) / 20
    counts["curve"] = counts["correct"].map({True: "right", False: "wrong"})
    # Side by side: the wrong in the left half of each range, the right in the right half.
    counts["left"] = counts["low"] + 0.025 * counts["correct"]
    counts["end"] = counts["left"] + 0.025
    powers = [0, 1, 10, 100, 1_000, 10_000]
    return (
        alt.Chart(counts[["low", "high", "left", "end", "curve", "n"]])
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
            color=named({"right": BLUE, "wrong": ORANGE}),
            tooltip=[
                alt.Tooltip("curve:N", title="answers"),
                alt.Tooltip("low:Q", title="confidence from", format=".0%"),
                alt.Tooltip("high:Q", title="to", format=".0%"),
                alt.Tooltip("n:Q", title="pictures", format=","),
            ],
        )
        .properties(height=HEIGHT, title=title("How sure it was, right and wrong"))
    )


def abstention_chart(table: pd.DataFrame) -> alt.Chart:
    """Accuracy against the share answered, if it may leave the least sure ones open.

    Parameters
    ----------
    table : columns share, accuracy, confidence, as `calibration.abstention` gives them.
    """
    share = alt.Axis(format="%")
    return (
        alt.Chart(table)
        .mark_line(strokeWidth=2.5, color=BLUE)
        .encode(
            x=alt.X("share:Q", title="share answered, the surest first", axis=share, scale=SHARE),
            y=alt.Y(
                "accuracy:Q",
                title="accuracy of the answered",
                axis=alt.Axis(format=".1%"),
                scale=alt.Scale(zero=False),
            ),
            tooltip=[
                alt.Tooltip("share:Q", title="answered", format=".1%"),
                alt.Tooltip("accuracy:Q", title="of these right", format=".2%"),
                alt.Tooltip("confidence:Q", title="least confidence", format=".1%"),
            ],
        )
        .properties(height=HEIGHT, title=title("If it may say “I don't know”"))
    )


def map_chart(rows: pd.DataFrame, classes: tuple[str, ...]) -> alt.LayerChart:
    """Pictures as points; dragging over them selects a rectangle as "area".

    Parameters
    ----------
    rows : columns x, y, truth, answer (names), right, image (data URL, shown on hover), index.
    """
    area = alt.selection_interval(name="area")
    bare = alt.Axis(labels=False, ticks=False, domain=False, grid=False, title=None)
    base = alt.Chart(rows).encode(
        x=alt.X("x:Q", axis=bare, scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", axis=bare, scale=alt.Scale(zero=False)),
        color=alt.Color(
            "truth:N",
            scale=alt.Scale(
                domain=list(classes), scheme="tableau10" if len(classes) <= 10 else "tableau20"
            ),
            legend=alt.Legend(orient="top", title="truth", columns=13, symbolOpacity=1),
        ),
        tooltip=[
            alt.Tooltip("image:N"),
            alt.Tooltip("index:Q", title="picture", format="d"),
            alt.Tooltip("truth:N", title="truth"),
            alt.Tooltip("prediction:N", title="prediction"),
        ],
    )
    # No labels for screen readers: they would hear of 2,500 points, the gallery has the same.
    right = base.transform_filter("datum.correct").mark_circle(size=22, opacity=0.45, aria=False)
    right = right.add_params(area)
    wrong = base.transform_filter("!datum.correct").mark_point(
        shape="diamond", size=75, filled=True, stroke=GREY, strokeWidth=1.5, opacity=1, aria=False
    )
    layers: alt.LayerChart = alt.layer(right, wrong)  # type: ignore[assignment]
    return layers.properties(height=500)
