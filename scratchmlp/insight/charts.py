"""Every chart: takes a table and returns an Altair chart. The page's theme colours its axes."""

import io
from collections.abc import Callable

import altair as alt
import pandas as pd

# Okabe & Ito's palette: told apart by the colour-blind, readable on white and on black.
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#8a94a3"
HEIGHT = 340
_SHARE = alt.Scale(domain=[0, 1])

Chart = alt.TopLevelMixin


def _named(values: dict[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(values), range=list(values.values()))
    legend = alt.Legend(
        orient="top",
        title=None,
        symbolOpacity=1,
        symbolSize=60,
        columnPadding=12,
        offset=4,
        padding=0,
    )
    return alt.Color("curve:N", scale=scale, legend=legend)


def _title(text: str) -> alt.TitleParams:
    return alt.TitleParams(text, anchor="start", fontSize=15, offset=6)


def confusion_chart(
    cells: pd.DataFrame,
    order: list[str],
    rates: bool,
    rows: str = "truth",
    columns: str = "answer",
) -> alt.LayerChart:
    """A square for each pair of truth and answer; clicking one selects it as "cell".

    Parameters
    ----------
    cells : columns truth, answer (names), count, rate, as `evaluation.confused` gives them.
    order : names of the classes, from the top and from the left.
    rates : colour and print the share of each truth, and not the count.
    rows, columns : titles of the axes.
    """
    field, shown = ("rate", ".1%") if rates else ("count", ",d")
    pick = alt.selection_point(name="cell", fields=["truth", "answer"], on="click", empty=False)
    top = alt.Axis(labelAngle=0, orient="top")
    base = alt.Chart(cells).encode(
        x=alt.X("answer:N", title=columns, sort=order, axis=top, scale=_all(order)),
        y=alt.Y("truth:N", title=rows, sort=order, scale=_all(order)),
        tooltip=[
            alt.Tooltip("truth:N", title=rows),
            alt.Tooltip("answer:N", title=columns),
            alt.Tooltip("count:Q", title="pictures", format=","),
            alt.Tooltip("rate:Q", title="share of the row", format=".2%"),
        ],
    )
    squares = (
        base.mark_rect(cornerRadius=2, cursor="pointer")
        .encode(
            color=alt.Color(f"{field}:Q", scale=alt.Scale(scheme="blues", zero=True), legend=None),
            stroke=alt.condition(pick, alt.value(ORANGE), alt.value(None)),
            strokeWidth=alt.value(3),
        )
        .add_params(pick)
    )
    dark = f"datum.{field} > {float(cells[field].max()) * 0.55 if len(cells) else 0}"
    text = (
        base.transform_filter("datum.count > 0")
        .mark_text(fontSize=12 if len(order) <= 12 else 9)
        .encode(
            text=alt.Text(f"{field}:Q", format=shown),
            color=alt.condition(dark, alt.value("white"), alt.value("#1b2430")),
        )
    )
    chart: alt.LayerChart = alt.layer(squares, text)  # type: ignore[assignment]
    return chart.properties(height=440)


def _all(order: list[str]) -> alt.Scale:
    """Every class has its row and column, though nothing may be in it."""
    return alt.Scale(domain=order)


def probability_chart(names: tuple[str, ...], p: list[float], truth: int, answer: int) -> alt.Chart:
    """A bar for each class: how likely the network thinks it is."""
    roles = {truth: "truth", answer: "answer"} | (
        {truth: "truth and answer"} if truth == answer else {}
    )
    table = pd.DataFrame(
        {"class": names, "p": p, "curve": [roles.get(i, "other") for i in range(len(names))]}
    )
    colors = {"truth": GREEN, "answer": ORANGE, "truth and answer": GREEN, "other": GREY}
    used = {role: colors[role] for role in dict.fromkeys(table["curve"])}
    return (
        alt.Chart(table)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("p:Q", title="probability", axis=alt.Axis(format="%"), scale=_SHARE),
            y=alt.Y("class:N", title=None, sort=list(names)),
            color=_named(used),
            tooltip=[
                alt.Tooltip("class:N", title="class"),
                alt.Tooltip("p:Q", title="probability", format=".4%"),
            ],
        )
        .properties(height=HEIGHT, title=_title("How likely it thought each class"))
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
            x=alt.X("gap:Q", title=f"added to the logit of {first} more than to that of {second}"),
            y=alt.Y("name:N", title=None, sort=list(most["name"])),
            color=_named(colors),
            tooltip=[
                alt.Tooltip("name:N", title="hidden"),
                alt.Tooltip("activation:Q", title="its output", format=".3f"),
                alt.Tooltip("gap:Q", title="added", format="+.3f"),
            ],
        )
        .properties(height=HEIGHT, title=_title("What the hidden units said"))
    )


_LOG = alt.Scale(type="log", nice=False, clamp=True)


def loss_chart(
    curve: pd.DataFrame, epochs: pd.DataFrame, total_steps: int | None
) -> alt.LayerChart:
    """Loss of each batch and its average, with the validation loss at the end of each epoch.

    Parameters
    ----------
    curve : columns step, loss, smooth, as `curves.loss_curve` gives them.
    epochs : columns epoch, step, valid_loss.
    total_steps : the axis runs this far, so that a running curve grows into its place.
    """
    end = max(total_steps or 0, int(curve["step"].max()) if len(curve) else 0, 1)
    x = alt.X("step:Q", title="step (batches)", scale=alt.Scale(domain=[0, end], nice=False))
    color = _named({"batch": GREY, "average": BLUE, "validation": ORANGE})

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="loss (nats, logarithmic)", scale=_LOG)

    base = alt.Chart(curve).encode(x=x)
    raw = (
        base.transform_calculate(curve="'batch'")
        .mark_line(strokeWidth=1, opacity=0.45)
        .encode(y=y("loss"), color=color)
    )
    average = (
        base.transform_calculate(curve="'average'")
        .mark_line(strokeWidth=2.5)
        .encode(
            y=y("smooth"),
            color=color,
            tooltip=[
                alt.Tooltip("step:Q", title="step", format=","),
                alt.Tooltip("loss:Q", title="loss of the batch", format=".4f"),
                alt.Tooltip("smooth:Q", title="average", format=".4f"),
            ],
        )
    )
    valid = (
        alt.Chart(epochs)
        .transform_calculate(curve="'validation'")
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45))
        .encode(
            x=x,
            y=y("valid_loss"),
            color=color,
            tooltip=[
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip("valid_loss:Q", title="validation loss", format=".4f"),
            ],
        )
    )
    layers: alt.LayerChart = alt.layer(raw, average, valid)  # type: ignore[assignment]
    return layers.properties(height=HEIGHT, title=_title("Loss"))


def accuracy_chart(epochs: pd.DataFrame, total_epochs: int) -> alt.Chart:
    """Share answered right after each epoch, in training and in validation.

    Parameters
    ----------
    epochs : columns epoch, train_accuracy, valid_accuracy.
    """
    names = {"train_accuracy": "training", "valid_accuracy": "validation"}
    table = epochs[["epoch", *names]].rename(columns=names)
    table = table.melt("epoch", var_name="curve", value_name="accuracy").dropna()
    epoch_axis = alt.Axis(tickMinStep=1, format="d")
    return (
        alt.Chart(table)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45))
        .encode(
            x=alt.X(
                "epoch:Q",
                title="epoch",
                axis=epoch_axis,
                scale=alt.Scale(domain=[0, max(total_epochs, 1)], nice=False),
            ),
            y=alt.Y(
                "accuracy:Q",
                title="accuracy",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(zero=False, padding=8),
            ),
            color=_named({"training": BLUE, "validation": ORANGE}),
            tooltip=[
                alt.Tooltip("curve:N", title="pictures"),
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip("accuracy:Q", title="accuracy", format=".2%"),
            ],
        )
        .properties(height=HEIGHT, title=_title("Accuracy"))
    )


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
            x=alt.X("confidence:Q", title="how sure it was", axis=share, scale=_SHARE),
            y=alt.Y("accuracy:Q", title="how often it was right", axis=share, scale=_SHARE),
            color=_named(colors),
            tooltip=[
                alt.Tooltip("curve:N", title="answers"),
                alt.Tooltip("confidence:Q", title="confidence, mean", format=".1%"),
                alt.Tooltip("accuracy:Q", title="accuracy", format=".1%"),
                alt.Tooltip("n:Q", title="pictures", format=","),
            ],
        )
    )
    layers: alt.LayerChart = alt.layer(diagonal, points)  # type: ignore[assignment]
    return layers.properties(height=HEIGHT, title=_title("Is it as often right as it is sure?"))


def confidence_chart(table: pd.DataFrame) -> alt.Chart:
    """How many answers, right and wrong, were given with which confidence (logarithmic counts).

    Parameters
    ----------
    table : columns p_answer, right.
    """
    place = (table["p_answer"] * 20).astype(int).clip(upper=19)
    counts = table.groupby([place, "right"]).size().rename("n").reset_index()
    counts["low"], counts["high"] = counts["p_answer"] / 20, (counts["p_answer"] + 1) / 20
    counts["curve"] = counts["right"].map({True: "right", False: "wrong"})
    # Side by side: the wrong in the left half of each range, the right in the right half.
    counts["left"] = counts["low"] + 0.025 * counts["right"]
    counts["end"] = counts["left"] + 0.025
    powers = [0, 1, 10, 100, 1_000, 10_000]
    return (
        alt.Chart(counts[["low", "high", "left", "end", "curve", "n"]])
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("left:Q", title="confidence", axis=alt.Axis(format="%"), scale=_SHARE),
            x2="end:Q",
            y=alt.Y(
                "n:Q",
                title="pictures (logarithmic)",
                stack=None,
                scale=alt.Scale(type="symlog"),
                axis=alt.Axis(values=powers, format=",d"),
            ),
            y2=alt.datum(0),
            color=_named({"right": BLUE, "wrong": ORANGE}),
            tooltip=[
                alt.Tooltip("curve:N", title="answers"),
                alt.Tooltip("low:Q", title="confidence from", format=".0%"),
                alt.Tooltip("high:Q", title="to", format=".0%"),
                alt.Tooltip("n:Q", title="pictures", format=","),
            ],
        )
        .properties(height=HEIGHT, title=_title("How sure it was, right and wrong"))
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
            x=alt.X("share:Q", title="share answered, the surest first", axis=share, scale=_SHARE),
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
        .properties(height=HEIGHT, title=_title("If it may say “I don't know”"))
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
            alt.Tooltip("answer:N", title="answer"),
        ],
    )
    right = base.transform_filter("datum.right").mark_circle(size=22, opacity=0.45).add_params(area)
    wrong = base.transform_filter("!datum.right").mark_point(
        shape="diamond", size=75, filled=True, stroke=GREY, strokeWidth=1.5, opacity=1
    )
    layers: alt.LayerChart = alt.layer(right, wrong)  # type: ignore[assignment]
    return layers.properties(height=500)


def svg(chart: Chart) -> str:
    """The chart as a drawing that needs nothing else."""
    out = io.StringIO()
    chart.save(out, format="svg")
    return out.getvalue()


def png(chart: Chart) -> bytes:
    """The chart as pixels, twice as many as it is large."""
    out = io.BytesIO()
    chart.save(out, format="png", scale_factor=2)
    return out.getvalue()


FORMATS: dict[str, Callable[[Chart], str | bytes]] = {"svg": svg, "png": png}
