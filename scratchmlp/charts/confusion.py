"""The chart of a confusion matrix; a click chooses a cell."""

import json

import altair as alt
import pandas as pd

from scratchmlp.charts.theme import BLUE, INK, ORANGE, WORDS
from scratchmlp.charts.tooltips import percent_tooltip, with_percents
from scratchmlp.figures import percent_expression


def confusion_chart(
    cells: pd.DataFrame,
    order: list[str],
    rates: bool,
    rows: str = "truth",
    columns: str = "prediction",
    marked: tuple[str, str] = ("", ""),
) -> alt.LayerChart:
    """A square for each pair of truth and prediction.

    A click on a square selects it as "cell"; a second click takes that back.

    Parameters
    ----------
    cells : columns truth, prediction (names), count, rate, from `evaluation.confusion_table`.
    order : names of the classes, from the top and from the left.
    rates : show the share of the truth instead of the count.
    rows, columns : titles of the axes.
    marked : names of the truth and the prediction whose cells have a frame; "" for any.
    """
    field = "rate" if rates else "count"
    base = with_percents(alt.Chart(cells), rate=2).encode(
        x=alt.X(
            "prediction:N", title=columns, sort=order, axis=_names_on_top(order), scale=_all(order)
        ),
        y=alt.Y("truth:N", title=rows, sort=order, axis=_names(order), scale=_all(order)),
        tooltip=[
            alt.Tooltip("truth:N", title=rows),
            alt.Tooltip("prediction:N", title=columns),
            alt.Tooltip("count:Q", title="pictures", format=","),
            percent_tooltip("rate", "share of the row"),
        ],
    )
    stroke = alt.when(_PICK).then(alt.value(ORANGE))
    if test := _is_marked(marked):
        stroke = stroke.when(test).then(alt.value(ORANGE))
    squares = (
        base.mark_rect(cornerRadius=2, cursor="pointer", fill=BLUE)
        .encode(
            fillOpacity=alt.FillOpacity(f"{field}:Q", scale=_FAINT, legend=None),
            stroke=stroke.otherwise(alt.value(None)),
            strokeWidth=alt.value(3),
        )
        .add_params(_PICK)
    )
    dark = f"datum.{field} > {float(cells[field].max()) * DARK if len(cells) else 0}"
    numbers = base.transform_filter("datum.count > 0").transform_calculate(text=_NUMBER[field])
    numbers = numbers.encode(text=alt.Text("text:N"))
    size = 12 if len(order) <= MANY else 10
    on_dark, on_page = (
        numbers.transform_filter(those).mark_text(
            color=color, fontSize=size, aria=False, opacity=_where_it_fits(field, size)
        )
        for those, color in ((dark, "white"), (f"!({dark})", INK))
    )
    on_page = on_page.properties(name=WORDS)
    chart: alt.LayerChart = alt.layer(squares, on_page, on_dark)  # type: ignore[assignment]
    return chart.properties(height=440 if len(order) <= MANY else ROW * len(order))


def least_width(order: list[str]) -> int:
    """Pixels of the whole chart, so that the labels of its columns do not overlap."""
    return COLUMN * len(order) + LABEL + TITLE if MANY < len(order) <= TOO_MANY else 0


MANY = 12  # classes: with more, rows and columns are narrower
TOO_MANY = 100  # labels of that many classes are left out where they overlap
ROW = 20  # pixels, the height of a row where there are many
COLUMN = 15  # pixels, the least width of a column there
LABEL = 90  # pixels: what is longer is shortened, and the tooltip has it in full
TITLE = 40  # pixels, with the margins
DARK = 0.8  # of the largest value: above, white numbers have more contrast (WCAG 2.2)
_NUMBER = {"rate": percent_expression("rate", 1), "count": "format(datum.count, ',d')"}
_FAINT = alt.Scale(range=[0.07, 1], zero=True)  # opacity, for light and dark pages


# A click on the selected cell takes it back; on another one it selects that instead.
_PICK = alt.selection_point(
    name="cell",
    fields=["truth", "prediction"],
    on="click",
    empty=False,
    toggle="!!datum && vlSelectionTest('cell_store', datum)",
)


def _is_marked(marked: tuple[str, str]) -> str | None:
    """A test for the cells of a row, of a column, or for one cell."""
    names = dict(zip(("truth", "prediction"), marked, strict=True))
    parts = [f"datum.{field} === {json.dumps(name)}" for field, name in names.items() if name]
    return " && ".join(parts) or None


def _names(order: list[str]) -> alt.Axis:
    """Every class has its label, unless there are hundreds."""
    size = 11 if len(order) > MANY else alt.Undefined
    return alt.Axis(
        labelFontSize=size,
        labelOverlap=len(order) > TOO_MANY,
        labelFlush=False,
        labelLimit=LABEL,
    )


def _names_on_top(order: list[str]) -> alt.Axis:
    """Upright where the names are short enough for a column on a small screen."""
    fitting = 1 if len(order) > MANY else 3
    is_short = max(map(len, order), default=0) <= fitting
    axis = _names(order)
    axis.orient, axis.labelAngle = "top", 0 if is_short else -90
    return axis


def _where_it_fits(field: str, size: int) -> alt.ExprRef:
    """A number that is wider than its square is not shown; the tooltip has it."""
    return alt.ExprRef(f"length({_NUMBER[field]}) * {0.6 * size} <= bandwidth('x') ? 1 : 0")


def _all(order: list[str]) -> alt.Scale:
    """Every class has a row and a column, even without samples."""
    return alt.Scale(domain=order)
