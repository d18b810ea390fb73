"""Lines to compare with: each with its name beside the chart, and no name over another."""

import itertools
import json
import re
from typing import Any

import altair as alt
import pandas as pd
import pytest

from scratchmlp.charts.reference_lines import LABEL_HEIGHT, Line
from scratchmlp.charts.theme import REFERENCES, svg
from scratchmlp.charts.training import CURVE_HEIGHT, GHOST, accuracy_chart, loss_chart

CHANCE, LINEAR = Line("chance", 2.303, "2.303"), Line("linear classifier", 0.265, "0.265")


def drawn(spec: dict[str, Any], highest: float = 3.0) -> str:
    """The loss chart of a few steps, as Vega draws it."""
    points = pd.DataFrame({"step": [1, 2], "loss": [highest, 0.1], "smooth": [highest, 0.1]})
    points = points.assign(valid_loss=None, is_stop=True, **{GHOST: 0.2})
    epochs = pd.DataFrame({"step": [2], "epoch": [1], "valid_loss": [0.5], "best": [True]})
    axis = pd.DataFrame({"step": [0, 2], "loss": [2.303, 0.265]})
    tables = {"points": points, "epochs": epochs, "axis": axis, "rates": pd.DataFrame()}
    rows = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
    return svg(alt.Chart.from_dict(spec | {"datasets": rows}))


@pytest.mark.parametrize("is_log", [True, False])
def test_each_line_has_its_name_and_its_value(is_log: bool) -> None:
    picture = drawn(loss_chart(log=is_log, lines=[CHANCE, LINEAR]))
    for line in (CHANCE, LINEAR):
        assert line.name in picture and line.text in picture
    assert "chance" not in drawn(loss_chart(log=is_log))


@pytest.mark.parametrize("is_log", [True, False])
@pytest.mark.parametrize("highest", [3.0, 1e30])
def test_names_of_lines_that_are_close_together_stand_apart(is_log: bool, highest: float) -> None:
    """A loss of 1e30 leaves no room between the lines. The names keep the order of the lines."""
    lines = [CHANCE, Line("recipe's end", 0.26, "0.260"), LINEAR]
    picture = drawn(loss_chart(log=is_log, lines=lines), highest)
    places = [place_of(line, picture) for line in (CHANCE, LINEAR, lines[1])]
    assert all(below - above >= LABEL_HEIGHT for above, below in itertools.pairwise(places))
    assert 0 <= places[0] and places[-1] <= CURVE_HEIGHT


def place_of(line: Line, picture: str) -> float:
    """The height of its name in the chart, counted from above."""
    found = re.search(rf"translate\([\d.]+,([-\d.]+)\)[^>]*><tspan>{line.name}", picture)
    assert found, line.name
    return float(found[1])


def test_lines_are_beside_the_curves_and_not_in_their_legend() -> None:
    lines = [Line("chance", 0.1, "10%")]
    layers = accuracy_chart(lines=lines)["layer"]
    [axis] = [axis for layer in layers if (axis := axis_of(layer)) and axis.get("values")]
    assert axis["orient"] == "right" and axis["values"] == [0.1] and not axis["labels"]
    [names] = [layer for layer in layers if "chance" in json.dumps(layer)]
    assert names["name"] == REFERENCES


def test_a_line_below_the_axis_is_not_named() -> None:
    """Chance is left out of the axis of accuracies where a run has learned."""
    epochs = [{"epoch": n, "train_accuracy": 0.9, "valid_accuracy": 0.95} for n in (1, 2)]
    rows = {"epochs": epochs, "axis": [{"epoch": n, "accuracy": 0.93} for n in (0, 2)]}
    lines = [Line("chance", 0.1, "10%"), Line("linear classifier", 0.93, "93%")]
    picture = svg(alt.Chart.from_dict(accuracy_chart(lines=lines) | {"datasets": rows}))
    assert "linear classifier" in picture and "chance" not in picture


def axis_of(layer: dict[str, Any]) -> dict[str, Any] | None:
    return layer.get("encoding", {}).get("y", {}).get("axis")


def test_the_ghost_of_a_run_is_dashed_and_named_in_the_legend() -> None:
    picture = drawn(loss_chart({GHOST: "previous run"}))
    assert 'stroke-dasharray="4,3"' in picture
    assert "previous run" in picture
