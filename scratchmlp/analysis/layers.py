"""The layers of a network over the epochs: tables of their statistics, and pictures of weights.

The tables come from the statistics that a run stores at each epoch (`net.statistics.statistics`).
Runs of older versions stored fewer: missing values are NaN, or have no rows.
"""

from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from scratchmlp.analysis import explanation
from scratchmlp.charts import image_urls
from scratchmlp.net.network import Network

LAYER_METRICS = ["dead", "flat", "gradient_norm", "weight_norm", "update_ratio"]
HISTOGRAMS = ["epoch", "layer", "low", "high", "count", "share"]


def layer_metrics(epochs: pd.DataFrame) -> pd.DataFrame:
    """A row for each epoch and layer: epoch, layer (from 1), and the columns `LAYER_METRICS`.

    Parameters
    ----------
    epochs : columns epoch, statistics.
    """
    rows = [
        {"epoch": epoch, "layer": layer + 1}
        | {name: _value(values, name, layer) for name in LAYER_METRICS}
        for epoch, values in statistics_of(epochs)
        for layer in range(len(values.get("weight_norm", [])))
    ]
    return pd.DataFrame(rows, columns=["epoch", "layer", *LAYER_METRICS])


def activation_histograms(epochs: pd.DataFrame) -> pd.DataFrame:
    """A row for each epoch, layer and bin: epoch, layer (from 1), low, high, count, share.

    The bins of an epoch cover the range of outputs in that epoch. The outputs of the last layer are
    the logits.
    """
    rows = [
        row
        for epoch, values in statistics_of(epochs)
        for layer, histogram in enumerate(values.get("histogram", []), start=1)
        for row in _bins(epoch, layer, histogram)
    ]
    return pd.DataFrame(rows, columns=HISTOGRAMS)


def statistics_of(epochs: pd.DataFrame) -> list[tuple[int, dict[str, Any]]]:
    """Epoch and statistics of each epoch that has them."""
    if epochs.empty:
        return []
    pairs = zip(epochs["epoch"], epochs["statistics"], strict=True)
    return [(int(epoch), values) for epoch, values in pairs if isinstance(values, dict)]


def _value(statistics: dict[str, Any], name: str, layer: int) -> float:
    values = statistics.get(name, [])
    return np.nan if layer >= len(values) or values[layer] is None else float(values[layer])


def _bins(epoch: int, layer: int, histogram: dict[str, Any]) -> list[dict[str, Any]]:
    counts = np.array(histogram["counts"], dtype=float)
    edges = np.linspace(histogram["low"], histogram["high"], len(counts) + 1)
    rows = zip(edges[:-1], edges[1:], counts.astype(int), counts / counts.sum(), strict=True)
    return [dict(zip(HISTOGRAMS, (epoch, layer, *row), strict=True)) for row in rows]


def weight_grid(network: Network, max_units: int = 128) -> NDArray[np.uint8]:
    """First-layer weights as images in a grid, uint8 (height, width, 3), on one colour scale.

    Orange weights are positive, blue ones negative. Only the first `max_units` units are in the
    grid. A network without hidden layers has one image for each class.
    """
    n = min(network.params[0][0].shape[1], max_units)
    weights = explanation.weight_images(network, list(range(n)))  # (n, 28, 28)
    columns = _columns(n)
    rows = -(-n // columns)
    grid = np.zeros((rows * columns, 30, 30), dtype=np.float32)
    grid[:n, 1:-1, 1:-1] = weights
    image = grid.reshape(rows, columns, 30, 30).swapaxes(1, 2).reshape(rows * 30, columns * 30)
    limit = float(np.quantile(np.abs(weights), 0.998)) or 1.0
    return image_urls.diverging_colors(np.clip(image, -limit, limit), times=1)


def has_equal_units(network: Network) -> bool:
    """Whether all units of the first hidden layer have the same weights and the same bias."""
    weights, bias = network.params[0]  # (784, units), (units,)
    if len(network.params) == 1 or len(bias) < 2:
        return False
    first = torch.cat([weights[:, :1], bias[:1, None]])
    return torch.allclose(torch.cat([weights, bias[None]]), first, rtol=1e-4, atol=1e-8)


def _columns(n: int) -> int:
    """The grid is about twice as wide as high, and its last row as full as possible."""
    wide = max(1, round((2 * n) ** 0.5))
    return min(range(max(1, wide - 2), wide + 3), key=lambda c: (-n % c / c, abs(c - wide)))
