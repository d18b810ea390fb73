"""What goes on inside a network as it learns: tables of its layers over the epochs, and pictures.

The tables are read off the statistics that each epoch of a run keeps (`net.measure.statistics`).
Runs of older versions kept fewer: what is missing is NaN, or has no rows.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.analysis import explanation
from scratchmlp.charts import sprites
from scratchmlp.net.network import Network

MEASURES = ["dead", "flat", "gradient_norm", "weight_norm", "update_ratio"]
HISTOGRAMS = ["epoch", "layer", "low", "high", "count", "share"]


def layer_measures(epochs: pd.DataFrame) -> pd.DataFrame:
    """A row an epoch and layer: epoch, layer (from 1), and the columns `MEASURES`.

    Parameters
    ----------
    epochs : columns epoch, statistics.
    """
    rows = [
        {"epoch": epoch, "layer": layer + 1} | {name: _at(kept, name, layer) for name in MEASURES}
        for epoch, kept in statistics_of(epochs)
        for layer in range(len(kept.get("weight_norm", [])))
    ]
    return pd.DataFrame(rows, columns=["epoch", "layer", *MEASURES])


def activation_histograms(epochs: pd.DataFrame) -> pd.DataFrame:
    """A row an epoch, layer and bin: epoch, layer (from 1), low, high, count, share.

    The bins of an epoch cover that epoch's own range of outputs. The last layer's outputs are the
    logits. Draw each as a rectangle from `low` to `high`.
    """
    rows = [
        row
        for epoch, kept in statistics_of(epochs)
        for layer, histogram in enumerate(kept.get("histogram", []), start=1)
        for row in _bins(epoch, layer, histogram)
    ]
    return pd.DataFrame(rows, columns=HISTOGRAMS)


def statistics_of(epochs: pd.DataFrame) -> list[tuple[int, dict[str, Any]]]:
    if epochs.empty:
        return []
    pairs = zip(epochs["epoch"], epochs["statistics"], strict=True)
    return [(int(epoch), kept) for epoch, kept in pairs if isinstance(kept, dict)]


def _at(kept: dict[str, Any], name: str, layer: int) -> float:
    values = kept.get(name, [])
    return np.nan if layer >= len(values) or values[layer] is None else float(values[layer])


def _bins(epoch: int, layer: int, histogram: dict[str, Any]) -> list[dict[str, Any]]:
    counts = np.array(histogram["counts"], dtype=float)
    edges = np.linspace(histogram["low"], histogram["high"], len(counts) + 1)
    rows = zip(edges[:-1], edges[1:], counts.astype(int), counts / counts.sum(), strict=True)
    return [dict(zip(HISTOGRAMS, (epoch, layer, *row), strict=True)) for row in rows]


def weight_sprite(network: Network, most: int = 128) -> NDArray[np.uint8]:
    """First-layer weights as pictures in a grid, uint8 (height, width, 3), one scale for all.

    Orange weights speak for a unit's output, blue ones against it. Of more than `most` units the
    first are shown; a network without hidden layers shows a picture a class.
    """
    n = min(network.params[0][0].shape[1], most)
    pictures = explanation.weight_pictures(network, list(range(n)))  # (n, 28, 28)
    columns = _columns(n)
    rows = -(-n // columns)
    grid = np.zeros((rows * columns, 30, 30), dtype=np.float32)
    grid[:n, 1:-1, 1:-1] = pictures
    sheet = grid.reshape(rows, columns, 30, 30).swapaxes(1, 2).reshape(rows * 30, columns * 30)
    limit = float(np.quantile(np.abs(pictures), 0.998)) or 1.0
    return sprites.signed(np.clip(sheet, -limit, limit), times=1)


def _columns(n: int) -> int:
    """About twice as wide as high, with a last row as full as can be."""
    wide = max(1, round((2 * n) ** 0.5))
    return min(range(max(1, wide - 2), wide + 3), key=lambda c: (-n % c / c, abs(c - wide)))
