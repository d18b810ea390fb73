import altair as alt
import pandas as pd
import pytest

from scratchmlp.charts.training import accuracy_chart, finder_chart, loss_chart

FEW = {"other0": "modern · ab12"}


def encodings(spec: dict) -> list[dict]:
    layers = spec.get("layer", [])
    return [spec["encoding"]] if not layers else [e for part in layers for e in encodings(part)]


def test_charts_have_titles_axes_with_units_and_tooltips() -> None:
    loss = loss_chart(100)
    assert loss["title"]["text"] == "Loss"
    assert encodings(loss)[0]["y"]["title"] == "loss (nats, logarithmic)"
    assert encodings(loss)[0]["x"]["scale"]["domain"] == [0, 100]
    accuracy = accuracy_chart(8)
    assert accuracy["title"]["text"] == "Accuracy"
    assert encodings(accuracy)[0]["y"]["axis"]["format"] == "%"


def test_the_axis_of_the_loss_can_be_linear() -> None:
    axis = encodings(loss_chart(100, log=False))[0]["y"]
    assert axis["title"] == "loss (nats)"
    assert "type" not in axis["scale"]


@pytest.mark.parametrize(
    ("spec", "columns"),
    [
        (loss_chart(9, FEW), "step loss smooth other0 valid_loss"),
        (
            accuracy_chart(9, FEW),
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
    """So a browser keeps it: it depends only on the axes and on the runs in it."""
    assert loss_chart(9, FEW) == loss_chart(9, FEW)
    assert loss_chart(9, FEW) != loss_chart(9)
    changed = loss_chart(9)
    changed["title"]["text"] = "mine"
    assert loss_chart(9)["title"]["text"] == "Loss"


def test_a_finder_chart_marks_the_suggestion() -> None:
    table = pd.DataFrame({"lr": [1e-3, 1e-2], "loss": [2.0, 1.0], "smooth": [2.0, 1.5]})
    chart = finder_chart(table, 0.004)
    assert isinstance(chart, alt.LayerChart)
    assert "suggested: 0.004" in chart.to_json()
