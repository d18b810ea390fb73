"""Charts of a run in training: loss and accuracy; and of the search for a learning rate.

The loss and accuracy charts are updated all the time. Their specifications name their tables, which
are passed separately. As long as a specification stays the same, the browser keeps the chart and
only loads the new numbers, so that a tooltip stays open.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from scratchmlp.charts.axes import log_axis
from scratchmlp.charts.reference_lines import Line, lines_layers
from scratchmlp.charts.theme import (
    BLUE,
    GREY,
    HEIGHT,
    ORANGE,
    PALETTE,
    PINK,
    WORDS,
    curve_color,
    title,
)
from scratchmlp.figures import decimal_expression, percent_expression

Spec = dict[str, Any]
Others = Mapping[str, str]  # column -> title of another run in the comparison
GHOST = "ghost"  # the column of the previous run, which is drawn fainter than others
CURVE_HEIGHT = 240

_OTHER_COLORS = [color for color in PALETTE if color not in (BLUE, ORANGE, GREY)]
MAX_OTHERS = len(_OTHER_COLORS)


def loss_chart(others: Others | None = None, log: bool = True, lines: Sequence[Line] = ()) -> Spec:
    """Loss of each batch, its mean, the validation loss, and averages of other runs.

    Parameters
    ----------
    others : the column of each other run's average, and the run's title.
    log : whether the axis of the loss is logarithmic.
    lines : losses to compare with.

    Returns
    -------
    A Vega-Lite specification for the tables "points" (from `curves.pointer_table`), "epochs" (step,
    epoch, valid_loss, best), "rates" (step, words: changes of the learning rate) and "axis" (step:
    both ends of the axis, the curve of a run in training grows towards the last; loss: losses that
    the axis reaches).
    """
    return json.loads(_loss_chart(tuple((others or {}).items()), log, tuple(lines)))


@lru_cache(maxsize=64)
def _loss_chart(others: tuple[tuple[str, str], ...], log: bool, lines: tuple[Line, ...]) -> str:
    columns = {"loss": "batch", "smooth": "average", **dict(others)}
    colors = _with_others({"batch": GREY, "average": BLUE, "validation": ORANGE}, others)
    steps = alt.Axis(tickMinStep=1, format=",d", titlePadding=2)
    x = alt.X("step:Q", title="step (batches)", axis=steps, scale=alt.Scale(nice=False))
    unit = "loss (nats, logarithmic)" if log else "loss (nats)"
    scale = alt.Scale(type="log", nice=False) if log else alt.Scale(zero=False)
    axis = log_axis() if log else alt.Axis()  # of the first layer, and so of all
    points, epochs = alt.NamedData("points"), alt.NamedData("epochs")

    def line(column: str, name: str, width: float) -> alt.Chart:
        y = alt.Y(f"{column}:Q", title=unit, scale=scale)
        y = y.axis(axis if column == "loss" else None)
        chart = alt.Chart(points).mark_line(strokeWidth=width, strokeDash=_dash(column))
        return chart.encode(x=x, y=y, color=alt.value(colors[name]))

    raw = line("loss", "batch", 1)
    averages = [line(column, name, 2) for column, name in others]
    average = line("smooth", "average", 2)
    valid = alt.Chart(epochs).transform_filter("isValid(datum.valid_loss)")
    y = alt.Y("valid_loss:Q", title=unit, scale=scale, axis=None)
    valid = valid.encode(x=x, y=y, color=alt.value(ORANGE))
    line_of_valid = valid.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=30))
    values = columns | {"valid_loss": "validation"}
    stops = alt.Chart(points).transform_filter("datum.is_stop")
    pointer = _pointer(stops, "step", x, values, _four_decimals)
    curves = [raw, *averages, average, line_of_valid]
    legend = _legend(colors, dict(others))
    behind = lines_layers(lines, x, "loss", scale)
    layers = [_axis(x), *curves, *_rates(x), legend, _best(valid), *behind, pointer]
    return _curves(layers, "Loss")


def accuracy_chart(others: Others | None = None, lines: Sequence[Line] = ()) -> Spec:
    """Training and validation accuracy after each epoch, and the accuracy of other runs.

    Returns
    -------
    A Vega-Lite specification for the tables "epochs" (from `curves.accuracy_table`, and the column
    best) and "axis" (epoch: both ends of the axis; accuracy: values that the axis reaches).
    """
    return json.loads(_accuracy_chart(tuple((others or {}).items()), tuple(lines)))


@lru_cache(maxsize=64)
def _accuracy_chart(others: tuple[tuple[str, str], ...], lines: tuple[Line, ...]) -> str:
    columns = {"train_accuracy": "training", "valid_accuracy": "validation", **dict(others)}
    colors = _with_others({"training": BLUE, "validation": ORANGE}, others)
    x = alt.X(
        "epoch:Q",
        axis=alt.Axis(tickMinStep=1, format="d", titlePadding=2),
        scale=alt.Scale(nice=False),
    )
    epochs = alt.Chart(alt.NamedData("epochs"))
    scale = alt.Scale(zero=False, domainMax=1)

    def line(column: str) -> alt.Chart:
        chart = epochs.transform_filter(f"isValid(datum.{column})")
        axis = alt.Axis(format="%") if column == "train_accuracy" else None
        y = alt.Y(f"{column}:Q", title="accuracy", axis=axis, scale=scale)
        return chart.encode(x=x, y=y, color=alt.value(colors[columns[column]]))

    curves = [
        line(column).mark_line(
            strokeWidth=2, strokeDash=_dash(column), point=alt.OverlayMarkDef(size=30)
        )
        for column in columns
    ]
    pointer = _pointer(epochs, "epoch", x, columns, percent_expression)
    best = _best(line("valid_accuracy"))
    behind = lines_layers(lines, x, "accuracy", scale)
    layers = [_axis(x), *curves, _legend(colors, dict(others)), best, *behind, pointer]
    return _curves(layers, "Accuracy")


def _curves(layers: list[alt.Chart], words: str) -> str:
    chart = alt.layer(*layers).resolve_axis(y="independent")
    return _to_json(chart.properties(height=CURVE_HEIGHT, title=title(words)))


def _dash(column: str) -> list[int]:
    return [4, 3] if column == GHOST else []


def _axis(x: alt.X) -> alt.Chart:
    """Nothing to see, from one end of the axis to the other.

    The ends are data, so that the specification stays the same while the axis grows.
    """
    return alt.Chart(alt.NamedData("axis")).mark_point(opacity=0, tooltip=None).encode(x=x)


def _to_json(chart: Any) -> str:
    return json.dumps(chart.to_dict())


def _legend(colors: Mapping[str, str], others: Others) -> alt.Chart:
    """A compact legend, as an invisible chart of its own. The titles of other runs are long.

    The curves have constant colours. If the colour were a column, a browser would look it up for
    every point at every update.
    """
    each = alt.Chart(alt.sequence(len(colors), as_="place"))
    each = each.transform_calculate(curve=f"{json.dumps(list(colors))}[datum.place]")
    has_titles = bool(others.keys() - {GHOST})
    columns = alt.ExprRef("width < 330 ? 1 : 2" if has_titles else "width < 330 ? 2 : 3")
    limit = alt.ExprRef("width < 330 ? width - 24 : width / 2 - 24")
    small = {"columns": columns, "columnPadding": 3, "labelFontSize": 12, "symbolSize": 50}
    small["labelLimit"] = limit
    color = curve_color(colors, symbolType="stroke", symbolStrokeWidth=2, **small)
    return each.mark_point(opacity=0, tooltip=None).encode(color=color)


def _with_others(own: Mapping[str, str], others: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The colour of each curve, by its name."""
    names = [name for column, name in others if column != GHOST]
    ghost = {name: GREY for column, name in others if column == GHOST}
    return {**own, **dict(zip(names, _OTHER_COLORS, strict=False)), **ghost}


def _best(valid: alt.Chart) -> alt.Chart:
    """A ring around the best epoch. The legend says what it is, so no word lies on a curve."""
    legend = alt.Legend(
        title=None,
        orient="top",
        symbolStrokeColor=ORANGE,
        symbolStrokeWidth=2,
        symbolSize=50,
        labelFontSize=12,
        offset=4,
        padding=0,
    )
    scale = alt.Scale(domain=["best"], range=["circle"])
    shape = alt.Shape("word:N", scale=scale, legend=legend)
    best = valid.transform_filter("datum.best").transform_calculate(word="'best'")
    return best.mark_point(size=160, strokeWidth=2, filled=False, opacity=1).encode(shape=shape)


def _rates(x: alt.X) -> list[alt.Chart]:
    """A rule at each change of the learning rate, and the new value."""
    base = alt.Chart(alt.NamedData("rates")).encode(x=x)
    rule = base.mark_rule(color=PINK, strokeDash=[4, 3], strokeWidth=1.5)
    word = base.mark_text(color=PINK, align="left", baseline="top", dx=4, fontSize=12)
    word = word.encode(y=alt.value(4), text="words:N").properties(name=WORDS)
    return [rule, word]


def _pointer(
    base: alt.Chart, field: str, x: alt.X, columns: Mapping[str, str], text: Callable[[str], str]
) -> alt.Chart:
    """A rule that follows the pointer, and a tooltip with the values of all curves there."""
    near = alt.selection_point(
        name="near",
        fields=[field],
        nearest=True,
        on="pointermove",
        clear="pointerout",
        empty=False,
    )
    texts = {
        f"{column}_text": f"isValid(datum.{column}) ? {text(column)} : '–'" for column in columns
    }
    tooltip = [alt.Tooltip(f"{field}:Q", format=".2~g" if field == "lr" else ",d")]
    tooltip += [alt.Tooltip(f"{c}_text:N", title=name) for c, name in columns.items()]
    opacity = alt.condition(near, alt.value(0.7), alt.value(0))
    rule = base.transform_calculate(**texts).mark_rule(color=GREY, strokeWidth=1.5)
    return rule.encode(x=x, opacity=opacity, tooltip=tooltip).add_params(near)


def _four_decimals(column: str) -> str:
    return f"({decimal_expression(column)})"


def finder_chart(table: pd.DataFrame, suggestion: float) -> Any:
    """The loss at each learning rate, and the suggested rate.

    Parameters
    ----------
    table : columns lr, loss, smooth.
    """
    scale = alt.Scale(type="log", nice=False)
    x = alt.X("lr:Q", title="learning rate (logarithmic)", scale=scale, axis=log_axis("x"))
    top = float(table["smooth"].iloc[: max(1, len(table) // 2)].max()) * 1.3
    scale = alt.Scale(domain=[0, top], clamp=True)
    color = curve_color({"batch": GREY, "average": BLUE})

    def line(column: str, name: str, width: float) -> alt.Chart:
        chart = alt.Chart(table).transform_calculate(curve=json.dumps(name))
        y = alt.Y(f"{column}:Q", title="loss (nats)", scale=scale)
        return chart.mark_line(strokeWidth=width, clip=True).encode(x=x, y=y, color=color)

    mark = alt.Chart(pd.DataFrame({"lr": [suggestion], "words": [f"suggested: {suggestion:g}"]}))
    rule = mark.mark_rule(color=ORANGE, strokeWidth=2, strokeDash=[4, 3]).encode(x=x)
    word = mark.mark_text(color=ORANGE, align="right", baseline="top", dx=-5, fontSize=12)
    word = word.encode(x=x, y=alt.value(4), text="words:N").properties(name=WORDS)
    layers = [line("loss", "batch", 1), line("smooth", "average", 2.5), rule, word]
    chart = alt.layer(*layers, _pointer(alt.Chart(table), "lr", x, _FINDER, _four_decimals))
    return chart.properties(height=HEIGHT, title=title("Loss by learning rate"))


_FINDER = {"loss": "loss of the batch", "smooth": "average"}
