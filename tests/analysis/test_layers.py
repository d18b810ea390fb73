import base64
import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from scratchmlp.analysis import layers
from scratchmlp.charts import sprites
from scratchmlp.charts.layers import MEASURES, activation_chart, layer_chart
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Epoch
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network
from scratchmlp.net.training import fit

CONFIG = TrainConfig(dataset="digits", epochs=2, hidden=(16, 8))
OLD = {"weight_norm": [3.0, 2.0], "gradient_norm": [0.1, 0.2], "dead": [0.25]}


@pytest.fixture(scope="module")
def epochs(digits: Dataset) -> pd.DataFrame:
    events = fit(CONFIG, digits.train, digits.test)
    return pd.DataFrame([vars(e) for e in events if isinstance(e, Epoch)])


def test_a_row_an_epoch_and_layer(epochs: pd.DataFrame) -> None:
    table = layers.layer_measures(epochs)
    assert table[["epoch", "layer"]].values.tolist() == [[e, n] for e in (1, 2) for n in (1, 2, 3)]
    assert table["update_ratio"].between(0, 1).all()
    assert table.loc[table["layer"] == 3, "dead"].isna().all()
    assert table.loc[table["layer"] < 3, "dead"].between(0, 1).all()


def test_histograms_count_every_output(epochs: pd.DataFrame) -> None:
    table = layers.activation_histograms(epochs)
    groups = table.groupby(["epoch", "layer"])
    assert groups["count"].sum().tolist() == [n * 512 for n in (16, 8, 10)] * 2
    assert groups["share"].sum().tolist() == pytest.approx([1.0] * 6)
    assert (table["low"] < table["high"]).all()
    assert table.loc[table["layer"] < 3, "low"].min() == 0  # ReLU


def test_older_runs_have_fewer_figures() -> None:
    old = pd.DataFrame({"epoch": [1, 2], "statistics": [OLD, None]})
    table = layers.layer_measures(old)
    assert table["weight_norm"].tolist() == [3.0, 2.0]
    assert table["update_ratio"].isna().all()
    assert layers.activation_histograms(old).empty
    empty = pd.DataFrame(columns=["epoch", "statistics"])
    assert layers.layer_measures(empty).empty
    assert list(layers.activation_histograms(empty).columns) == layers.HISTOGRAMS


@pytest.mark.parametrize("units", [1, 2, 7, 10, 128, 800])
def test_weights_of_any_number_of_units_fill_a_grid(units: int) -> None:
    params = init_params([784, units, 10], "he", generator=torch.Generator().manual_seed(0))
    network = Network(TrainConfig(hidden=(units,)), params, 0.1, 0.3, tuple("0123456789"), 0, 0)
    sheet = layers.weight_sprite(network)
    height, width, channels = sheet.shape
    assert sheet.dtype == np.uint8
    assert channels == 3
    assert height % 30 == width % 30 == 0
    columns, rows = width // 30, height // 30
    shown = min(units, 128)
    assert rows * columns >= shown > (rows - 1) * columns
    assert columns <= 4 * rows + 2
    first = sheet[1:29, 1:29]
    positive = (params[0][0][:, 0].reshape(28, 28) > 0).numpy()
    assert (first[positive][:, 0] >= first[positive][:, 2]).all()  # orange: more red than blue


def test_weights_of_zero_are_white() -> None:
    network = Network(TrainConfig(), init_params([784, 4, 3], "zeros"), 0, 1, ("a", "b", "c"), 0, 0)
    assert (layers.weight_sprite(network) == 255).all()


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_a_chart(epochs: pd.DataFrame, name: str) -> None:
    table = layers.layer_measures(epochs)
    chart = layer_chart(table, name).to_dict()
    assert chart["title"]["text"] == MEASURES[name].heading
    [rows] = chart["datasets"].values()
    curves = {"layer 1", "layer 2"} | (set() if name in ("dead", "flat") else {"layer 3"})
    assert {row["curve"] for row in rows} == curves
    layer_chart(table[:0], name).to_dict()


def test_outputs_are_drawn_over_the_epochs(epochs: pd.DataFrame) -> None:
    table = layers.activation_histograms(epochs)
    chart = activation_chart(table, 2).to_dict()
    assert chart["title"]["text"] == "Outputs of hidden layer 2"
    assert chart["encoding"]["x"]["scale"]["domain"] == [0.5, 2.5]
    [rows] = chart["datasets"].values()
    assert all(row["share"] > 0 for row in rows)
    assert sum(row["share"] for row in rows) == pytest.approx(2)
    activation_chart(table[:0], 1).to_dict()


def test_a_sheet_of_weights_is_small_and_looks_the_same() -> None:
    """An update may send 60 kB in all."""
    generator = np.random.default_rng(0)
    sheet = sprites.signed(generator.normal(size=(240, 480)), times=1)
    url = sprites.sheet(sheet)
    data = base64.b64decode(url.removeprefix("data:image/webp;base64,"))
    again = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert again.shape == sheet.shape
    assert len(url) < 110_000  # noise is the worst there is
    assert abs(again.astype(float).mean() - sheet.mean()) < 4
