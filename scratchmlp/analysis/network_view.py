"""What the picture of a network shows: which units, how strong, and how a picture lights them."""

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp.analysis import explanation
from scratchmlp.charts import image_urls
from scratchmlp.charts.network import Drawing, Layer, Unit
from scratchmlp.figures import percent
from scratchmlp.net.config import count_weights
from scratchmlp.net.model import layers
from scratchmlp.net.network import Network

MOST = 10  # units of a layer that are drawn
CLASSES = "classes"


def of_sizes(
    hidden: Sequence[int], classes: Sequence[str], picture: NDArray[np.uint8] | None = None
) -> Drawing:
    """A network before its training: the first units of each layer, and all lines alike."""
    first = [[Unit(f"unit {i}") for i in range(min(n, MOST))] for n in hidden]
    drawn = [Layer(n, _units(n), units) for n, units in zip(hidden, first, strict=True)]
    named = [Unit(name, name=name) for name in classes[:MOST]]
    drawn.append(Layer(len(classes), CLASSES, named))
    return Drawing(picture, drawn, [None] * len(hidden), _description(hidden, len(classes)))


@torch.no_grad()
def of_network(network: Network) -> Drawing:
    """The units of each layer with the strongest weights to the next one, and those weights."""
    weights = [weights for weights, _ in network.params[1:]]
    rows = [_largest(w.norm(dim=1)) for w in weights]
    rows.append(np.arange(min(len(network.classes), MOST)))
    units = [[Unit(f"unit {i}") for i in some] for some in rows[:-1]]
    units.append([Unit(network.classes[i], name=network.classes[i]) for i in rows[-1]])
    return _drawing(network, rows, units, weights)


@torch.no_grad()
def of_image(network: Network, image: Tensor) -> Drawing:
    """The most active units for a picture, uint8 (28, 28), and what they pass on."""
    xb = network.input(image[None])
    outputs = [h[0] for _, h in layers(network.params, xb, network.config.activation)]
    hidden, p = outputs[:-1], outputs[-1].softmax(dim=0)
    passed = [h[:, None] * w for h, (w, _) in zip(hidden, network.params[1:], strict=True)]
    rows = [_largest(h.abs()) for h in [*hidden, p]]
    units = [_lit(h, some) for h, some in zip(hidden, rows, strict=False)]
    units.append([_class(network.classes[i], float(p[i])) for i in rows[-1]])
    predicted = f"{network.classes[int(p.argmax())]} with {percent(float(p.max()))}"
    drawing = _drawing(network, rows, units, passed)
    words = f"{drawing.description} It predicts {predicted}."
    return drawing._replace(picture=image.numpy(), description=words)


def _lit(h: Tensor, rows: NDArray[np.int64]) -> list[Unit]:
    levels = zip(rows, _shares(h[rows]), strict=True)
    return [Unit(f"unit {i}: {h[i]:.2f}", float(level)) for i, level in levels]


def _class(name: str, share: float) -> Unit:
    return Unit(f"{name}: {percent(share)}", share, name, value=percent(share, 0))


def _drawing(
    network: Network, rows: Sequence[NDArray], units: list[list[Unit]], strengths: list[Tensor]
) -> Drawing:
    """`rows` are the numbers of the `units`; the first layer's get pictures of their weights."""
    pictures = _weight_pictures(network, rows[0])
    units[0] = [unit._replace(picture=one) for unit, one in zip(units[0], pictures, strict=True)]
    *hidden, classes = network.sizes[1:]
    words = [*map(_units, hidden), CLASSES]
    return Drawing(
        None,
        [Layer(*layer) for layer in zip(network.sizes[1:], words, units, strict=True)],
        [
            _shares(matrix[one][:, other])
            for matrix, (one, other) in zip(strengths, itertools.pairwise(rows), strict=True)
        ],
        _description(hidden, classes),
    )


def _largest(values: Tensor) -> NDArray[np.int64]:
    """The numbers of the largest values, in their order in the layer."""
    found: NDArray[np.int64] = values.topk(min(len(values), MOST)).indices.sort().values.numpy()
    return found


def _shares(values: Tensor) -> NDArray[np.float32]:
    """Values as shares of the largest, -1 to 1."""
    shares: NDArray[np.float32] = (values / values.abs().max().clamp_min(1e-12)).numpy()
    return shares


def _weight_pictures(network: Network, units: NDArray[np.int64]) -> NDArray[np.uint8]:
    """First-layer weights of these units on one colour scale, (n, 28, 28, 3)."""
    weights = explanation.weight_images(network, units.tolist())
    limit = float(np.quantile(np.abs(weights), 0.998)) or 1.0
    colors = image_urls.diverging_colors(np.clip(weights, -limit, limit).reshape(-1, 28), 1)
    return colors.reshape(-1, 28, 28, 3)


def _units(n: int) -> str:
    return "unit" if n == 1 else "units"


def _description(hidden: Sequence[int], classes: int) -> str:
    layers = [f"{n:,} hidden {_units(n)}" for n in hidden]
    return f"Network: {', '.join(['784 pixels', *layers, f'{classes:,} {CLASSES}'])}."


def weights_in_words(hidden: Sequence[int], classes: int) -> str:
    """How many weights there are, as the sum of the sizes of their matrices."""
    pairs = list(itertools.pairwise((28 * 28, *hidden, classes)))
    products = " + ".join(f"{a:,} × {b:,}" for a, b in pairs)
    return f"{products} = {sum(a * b for a, b in pairs):,} weights"


def counts_in_words(hidden: Sequence[int], classes: int) -> str:
    """The numbers that a network learns: "101,632 weights, 138 biases"."""
    return f"{count_weights(hidden, classes):,} weights, {sum(hidden) + classes:,} biases"
