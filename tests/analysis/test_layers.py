import base64
import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from scratchmlp.analysis import layers
from scratchmlp.charts import image_urls
from scratchmlp.charts.layers import METRICS, activation_chart, layer_chart
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


def test_each_epoch_and_layer_has_a_row(epochs: pd.DataFrame) -> None:
    table = layers.layer_metrics(epochs)
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


def test_older_runs_have_fewer_statistics() -> None:
    old = pd.DataFrame({"epoch": [1, 2], "statistics": [OLD, None]})
    table = layers.layer_metrics(old)
    assert table["weight_norm"].tolist() == [3.0, 2.0]
    assert table["update_ratio"].isna().all()
    assert layers.activation_histograms(old).empty
    empty = pd.DataFrame(columns=["epoch", "statistics"])
    assert layers.layer_metrics(empty).empty
    assert list(layers.activation_histograms(empty).columns) == layers.HISTOGRAMS


@pytest.mark.parametrize("units", [1, 2, 7, 10, 128, 800])
def test_weights_of_any_number_of_units_fill_a_grid(units: int) -> None:
    params = init_params([784, units, 10], "he", generator=torch.Generator().manual_seed(0))
    network = Network(TrainConfig(hidden=(units,)), params, 0.1, 0.3, tuple("0123456789"), 0, 0)
    image = layers.weight_grid(network)
    height, width, channels = image.shape
    assert image.dtype == np.uint8
    assert channels == 3
    assert height % 30 == width % 30 == 0
    columns, rows = width // 30, height // 30
    shown = min(units, 128)
    assert rows * columns >= shown > (rows - 1) * columns
    assert columns <= 4 * rows + 2
    first = image[1:29, 1:29]
    positive = (params[0][0][:, 0].reshape(28, 28) > 0).numpy()
    assert (first[positive][:, 0] >= first[positive][:, 2]).all()  # orange: more red than blue


def test_weights_of_zero_are_white() -> None:
    network = Network(TrainConfig(), init_params([784, 4, 3], "zeros"), 0, 1, ("a", "b", "c"), 0, 0)
    assert (layers.weight_grid(network) == 255).all()


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_chart(epochs: pd.DataFrame, name: str) -> None:
    table = layers.layer_metrics(epochs)
    chart = layer_chart(table, name).to_dict()
    assert chart["title"]["text"] == METRICS[name].heading
    [rows] = chart["datasets"].values()
    curves = {"layer 1", "layer 2"} | (set() if name in ("dead", "flat") else {"layer 3"})
    assert {row["curve"] for row in rows} == curves
    layer_chart(table[:0], name).to_dict()


def test_the_chart_of_outputs_covers_all_epochs(epochs: pd.DataFrame) -> None:
    table = layers.activation_histograms(epochs)
    chart = activation_chart(table, 2).to_dict()
    assert chart["title"]["text"] == "Outputs of hidden layer 2"
    assert chart["encoding"]["x"]["scale"]["domain"] == [0.5, 2.5]
    [rows] = chart["datasets"].values()
    assert all(row["share"] > 0 for row in rows)
    assert sum(row["share"] for row in rows) == pytest.approx(2)
    activation_chart(table[:0], 1).to_dict()


def test_the_image_of_the_weights_is_small_and_looks_the_same() -> None:
    """An update of the page should send at most 60 kB."""
    generator = np.random.default_rng(0)
    image = image_urls.diverging_colors(generator.normal(size=(240, 480)), times=1)
    url = image_urls.webp_url(image)
    data = base64.b64decode(url.removeprefix("data:image/webp;base64,"))
    again = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert again.shape == image.shape
    assert len(url) < 110_000  # noise is the worst case
    assert abs(again.astype(float).mean() - image.mean()) < 4
