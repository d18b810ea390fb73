import json
import re

import altair as alt
import pandas as pd
import pytest

from scratchmlp.charts.axes import log_axis
from scratchmlp.charts.theme import svg
from scratchmlp.charts.training import accuracy_chart, finder_chart, loss_chart

FEW = {"other0": "modern · ab12"}


def encodings(spec: dict) -> list[dict]:
    layers = spec.get("layer", [])
    return [spec["encoding"]] if not layers else [e for part in layers for e in encodings(part)]


def test_charts_have_titles_axes_with_units_and_tooltips() -> None:
    loss = loss_chart()
    assert loss["title"]["text"] == "Loss"
    assert encodings(loss)[1]["y"]["title"] == "loss (nats, logarithmic)"
    accuracy = accuracy_chart()
    assert accuracy["title"]["text"] == "Accuracy"
    assert encodings(accuracy)[1]["y"]["axis"]["format"] == "%"


def test_the_axis_of_the_loss_can_be_linear() -> None:
    axis = encodings(loss_chart(log=False))[1]["y"]
    assert axis["title"] == "loss (nats)"
    assert "type" not in axis["scale"]


@pytest.mark.parametrize(
    ("spec", "columns"),
    [
        (loss_chart(FEW), "step loss smooth other0 valid_loss"),
        (
            accuracy_chart(FEW),
            "epoch train_accuracy valid_accuracy other0",
        ),
    ],
    ids=["loss", "accuracy"],
)
def test_the_tooltip_has_the_values_of_all_curves(spec: dict, columns: str) -> None:
    pointer = spec["layer"][-1]
    fields = [tip["field"] for tip in pointer["encoding"]["tooltip"]]
    assert fields == [columns.split()[0], *(f"{column}_text" for column in columns.split()[1:])]
    assert pointer["transform"][-1]["calculate"].endswith(": '–'")
    assert FEW["other0"] in [tip.get("title") for tip in pointer["encoding"]["tooltip"]]


def test_a_chart_stays_the_same_while_its_numbers_change() -> None:
    """So a browser keeps it: it depends only on the kind of axis and on the runs in it."""
    assert loss_chart(FEW) == loss_chart(FEW)
    assert loss_chart(FEW) != loss_chart()
    changed = loss_chart()
    changed["title"]["text"] = "mine"
    assert loss_chart()["title"]["text"] == "Loss"


def test_a_finder_chart_marks_the_suggestion() -> None:
    table = pd.DataFrame({"lr": [1e-3, 1e-2], "loss": [2.0, 1.0], "smooth": [2.0, 1.5]})
    chart = finder_chart(table, 0.004)
    assert isinstance(chart, alt.LayerChart)
    assert "suggested: 0.004" in chart.to_json()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.004, 3, [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]),
        (2.5, 180, [5, 10, 20, 50, 100]),
        (0.0005, 900, [0.001, 0.01, 0.1, 1, 10, 100]),
        (2, 1e35, [1e5, 1e10, 1e15, 1e20, 1e25, 1e30, 1e35]),
        (1, 1e300, [1.0] + [10.0**e for e in range(50, 301, 50)]),
    ],
)
def test_a_logarithmic_axis_has_the_ticks_that_people_expect(
    low: float, high: float, expected: list[float]
) -> None:
    """As Vega draws them."""
    rows = pd.DataFrame({"x": [1, 2], "y": [low, high]})
    y = alt.Y("y:Q", scale=alt.Scale(type="log", nice=False), axis=log_axis())
    chart = alt.Chart(rows, height=300).mark_line().encode(x="x:Q", y=y)
    assert sorted(map(float, ticks(chart))) == pytest.approx(expected)


def test_a_short_logarithmic_axis_has_ticks_too() -> None:
    rows = pd.DataFrame({"x": [1, 2], "y": [2.29, 2.31]})
    y = alt.Y("y:Q", scale=alt.Scale(type="log", nice=False), axis=log_axis())
    assert len(ticks(alt.Chart(rows, height=300).mark_line().encode(x="x:Q", y=y))) >= 3


def ticks(chart: alt.Chart) -> list[str]:
    """The labels of the vertical axis in the picture."""
    picture = svg(chart)
    [axis] = re.findall(r'aria-label="Y-axis.*?role-axis-title', picture, flags=re.DOTALL)
    [labels] = re.findall(r"role-axis-label.*", axis, flags=re.DOTALL)
    return re.findall(r">([\d.e+-]+)</text>", labels)


def test_an_update_of_the_loss_chart_says_its_long_axis_once() -> None:
    """The specification is sent at every update: six copies of the axis made it 45 kB."""
    assert len(json.dumps(loss_chart())) < 12_000
    assert len(json.dumps(loss_chart(FEW))) < 14_000


def test_the_axis_of_the_first_layer_is_that_of_all() -> None:
    points = pd.DataFrame({"step": [1, 2], "loss": [0.004, 3], "smooth": [0.004, 3]})
    points = points.assign(valid_loss=None, is_stop=True)
    epochs = pd.DataFrame({"step": [2], "epoch": [1], "valid_loss": [0.5], "best": [True]})
    axis, rates = pd.DataFrame({"step": [0, 2]}), pd.DataFrame({"step": [], "words": []})
    tables = {"points": points, "epochs": epochs, "axis": axis, "rates": rates}
    rows = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
    chart = alt.Chart.from_dict(loss_chart() | {"datasets": rows})
    expected = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
    assert sorted(map(float, ticks(chart))) == pytest.approx(expected)
