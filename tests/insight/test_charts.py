import pandas as pd

from scratchmlp.insight import charts_training

CURVE = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0], "smooth": [2.0, 1.5]})
EPOCHS = pd.DataFrame(
    {
        "epoch": [1],
        "step": [2],
        "valid_loss": [1.2],
        "train_accuracy": [0.8],
        "valid_accuracy": [0.7],
    }
)


def test_charts_have_titles_axes_with_units_and_tooltips() -> None:
    loss = charts_training.loss_chart(CURVE, EPOCHS, 100).to_dict()
    assert loss["title"]["text"] == "Loss"
    _, average, valid = loss["layer"]
    assert average["encoding"]["y"]["title"] == "loss (nats, logarithmic)"
    assert average["encoding"]["x"]["scale"]["domain"] == [0, 100]
    assert average["encoding"]["tooltip"]
    assert valid["encoding"]["tooltip"]
    accuracy = charts_training.accuracy_chart(EPOCHS, 8).to_dict()
    assert accuracy["title"]["text"] == "Accuracy"
    assert accuracy["encoding"]["y"]["axis"]["format"] == "%"


def test_an_empty_table_is_a_chart_as_well() -> None:
    charts_training.loss_chart(CURVE[:0], EPOCHS[:0], None).to_dict()
    charts_training.accuracy_chart(EPOCHS[:0], 8).to_dict()


def test_without_validation_there_is_no_validation_curve() -> None:
    table = EPOCHS.assign(valid_accuracy=None)
    chart = charts_training.accuracy_chart(table, 8).to_dict()
    [rows] = chart["datasets"].values()
    assert [row["curve"] for row in rows] == ["training"]
