"""Lines to compare with: each with its name beside the chart, and no name over another."""

import json
from typing import Any

import altair as alt
import pandas as pd
import pytest

from scratchmlp.charts.reference_lines import Line
from scratchmlp.charts.theme import svg
from scratchmlp.charts.training import GHOST, accuracy_chart, loss_chart

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


def test_of_two_lines_close_together_only_the_first_is_named() -> None:
    """A loss of 1e30 leaves no room between the two."""
    picture = drawn(loss_chart(lines=[CHANCE, LINEAR]), highest=1e30)
    assert "chance" in picture and LINEAR.name not in picture
    assert "chance" not in drawn(loss_chart(lines=[LINEAR, CHANCE]), highest=1e30)


def test_lines_are_beside_the_curves_and_not_in_their_legend() -> None:
    lines = [Line("chance", 0.1, "10%")]
    layers = accuracy_chart(lines=lines)["layer"]
    [axis] = [axis for layer in layers if (axis := axis_of(layer)) and axis.get("values")]
    assert axis["orient"] == "right" and axis["values"] == [0.1]
    assert "chance" not in json.dumps([layer for layer in layers if axis_of(layer) is not axis])


def axis_of(layer: dict[str, Any]) -> dict[str, Any] | None:
    return layer.get("encoding", {}).get("y", {}).get("axis")


def test_the_ghost_of_a_run_is_dashed_and_named_in_the_legend() -> None:
    picture = drawn(loss_chart({GHOST: "modern · ab12"}))
    assert 'stroke-dasharray="4,3"' in picture
    assert "modern · ab12" in picture
