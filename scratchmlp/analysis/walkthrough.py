"""The source code of a run, block by block, and one batch computed step by step."""

import itertools
from typing import NamedTuple

import pandas as pd
from torch import Tensor

from scratchmlp.analysis import source_listing
from scratchmlp.net.backward import autograd, layer_slopes
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.loss import LOSSES, cross_entropy_loss, nll, nll_slope
from scratchmlp.net.model import Params, flat, layers, pairs, predict
from scratchmlp.net.network import Network


class Block(NamedTuple):
    """A part of the program: its name, its source code, and its shapes for this network."""

    name: str
    source: str
    shapes: str


class TensorView(NamedTuple):
    """A tensor of the walkthrough.

    Attributes
    ----------
    table : the values around the selected weight, at most `WINDOW` rows and columns. Its index and
        columns are the positions in the tensor.
    """

    name: str
    formula: str
    shape: tuple[int, ...]
    table: pd.DataFrame


class Walkthrough(NamedTuple):
    """One batch forward and backward, and the gradient of one weight computed in three ways.

    Attributes
    ----------
    weight, formula : the value of the selected weight, and the chain rule for its gradient.
    terms : a row for each picture: input of the weight, slope of the loss at its output, and their
        product. The products add up to `by_hand`.
    by_hand, by_autograd, by_difference : the gradient by the chain rule, by PyTorch, and by a
        finite difference of the loss.
    """

    forward: list[TensorView]
    backward: list[TensorView]
    loss: float
    weight: float
    formula: str
    terms: pd.DataFrame
    by_hand: float
    by_autograd: float
    by_difference: float


WINDOW = 10
STEP = 1e-5  # of the finite difference


def blocks(config: TrainConfig, pixels: int = 784, classes: int = 10) -> list[Block]:
    """The source of every part that this configuration uses, from the weights to the loop."""
    sizes = [pixels, *config.hidden, classes]
    widths = " -> ".join(f"(B, {n})" for n in sizes)
    params = ", ".join(f"({a}, {b}) and ({b},)" for a, b in itertools.pairwise(sizes))
    hidden = ", ".join(f"(B, {n})" for n in config.hidden)
    logits, batch = f"(B, {classes})", config.batch_size

    def chosen(field: str) -> list[str]:
        return source_listing.chosen_names(field, config)

    augmentation = [] if config.augment == "none" else chosen("augment")
    plan = [
        ("Weights", "model", [*chosen("init"), "init_params"], params),
        ("A layer", "model", ["linear"], f"(B, {sizes[0]}) -> (B, {sizes[1]})"),
        ("Activation", "activations", chosen("activation") if config.hidden else [], hidden),
        ("Network", "model", ["layers", "predict"], widths),
        ("Log of softmax", "loss", chosen("loss"), f"{logits} -> {logits}"),
        ("Loss", "loss", ["nll", "cross_entropy_loss"], f"{logits}, (B,) -> one number"),
        ("Gradients", "backward", chosen("backward"), f"one number -> {params}"),
        ("Optimiser", "optimizers", chosen("optimizer"), params),
        ("Learning rate", "schedules", chosen("schedule"), "share of the run done -> factor"),
        ("Augmentation", "augment", augmentation, "(B, 28, 28) -> (B, 28, 28)"),
        ("A step", "learner", ["Learner"], f"rows (B,) -> pictures (B, {pixels})"),
        ("The loop", "training", ["fit"], f"{config.epochs} epochs of batches, B = {batch}"),
    ]
    return [
        Block(name, "\n\n\n".join(_source(module, part, config) for part in parts), shapes)
        for name, module, parts, shapes in plan
        if parts
    ]


def _source(module: str, name: str, config: TrainConfig) -> str:
    return source_listing.piece(f"scratchmlp.net.{module}", name, config).source


def walk_through(
    network: Network, images: Tensor, labels: Tensor, layer: int, i: int, j: int
) -> Walkthrough:
    """One batch forward and backward in float64, and the gradient of weight (i, j) of a layer.

    Parameters
    ----------
    images, labels : uint8 (B, 28, 28) and int64 (B,).
    layer : from 1.
    i, j : row (input) and column (unit) of the weight, from 0.
    """
    config = network.config
    params = pairs([t.detach().double() for t in flat(network.params)])
    xb = network.input(images).double()
    outputs = layers(params, xb, config.activation)
    log_probs = LOSSES[config.loss](outputs[-1][0])
    d = layer_slopes(params, outputs, nll_slope(log_probs, labels), config.activation)
    inputs = [xb, *(h for _, h in outputs[:-1])]
    terms = pd.DataFrame(
        {"input": inputs[layer - 1][:, i].numpy(), "slope": d[layer - 1][:, j].numpy()},
        index=pd.RangeIndex(1, len(labels) + 1, name="picture"),
    )
    terms["product"] = terms["input"] * terms["slope"]
    selected = _Selected(layer, i, j)
    return Walkthrough(
        _forward(xb, outputs, log_probs, config, selected),
        _backward(inputs, d, config, selected),
        float(nll(log_probs, labels)),
        float(params[layer - 1][0][i, j]),
        f"∂loss/∂w{layer}[{i}, {j}] = Σ {_input_name(layer)}[b, {i}] · dz{layer}[b, {j}]",
        terms,
        float(terms["product"].sum()),
        _by_autograd(params, xb, labels, config, layer)[i, j].item(),
        _by_difference(params, xb, labels, config, (layer, i, j)),
    )


def _by_autograd(
    params: Params, xb: Tensor, labels: Tensor, config: TrainConfig, layer: int
) -> Tensor:
    own = pairs([t.clone() for t in flat(params)])
    return autograd(own, xb, labels, config.activation, config.loss)[2][2 * (layer - 1)]


def _by_difference(
    params: Params, xb: Tensor, labels: Tensor, config: TrainConfig, at: tuple[int, int, int]
) -> float:
    """(loss(w + e) - loss(w - e)) / 2e."""
    layer, i, j = at
    losses = []
    for e in (STEP, -STEP):
        moved = pairs([t.clone() for t in flat(params)])
        moved[layer - 1][0][i, j] += e
        logits = predict(moved, xb, config.activation)
        losses.append(float(cross_entropy_loss(logits, labels, config.loss)))
    return (losses[0] - losses[1]) / (2 * STEP)


class _Selected(NamedTuple):
    """The selected weight. A table is centred on the unit at its input or at its output."""

    layer: int
    i: int
    j: int

    def window(self, layer: int, width: int) -> list[int]:
        """Positions in the output of a layer; layer 0 is the input."""
        middle = {self.layer - 1: self.i, self.layer: self.j}.get(layer, width // 2)
        first = min(max(0, middle - WINDOW // 2), max(0, width - WINDOW))
        return list(range(width))[first : first + WINDOW]


def _input_name(layer: int) -> str:
    return "x" if layer == 1 else f"h{layer - 1}"


def _forward(
    xb: Tensor,
    outputs: list[tuple[Tensor, Tensor]],
    log_probs: Tensor,
    config: TrainConfig,
    selected: _Selected,
) -> list[TensorView]:
    pixels = "(pixels / 255 - mean) / deviation" if config.standardise else "pixels / 255"
    views = [_view("x", pixels, xb, selected, 0)]
    for n, (z, h) in enumerate(outputs, start=1):
        views.append(_view(f"z{n}", f"{_input_name(n)} @ w{n} + b{n}", z, selected, n))
        if n < len(outputs):
            views.append(_view(f"h{n}", f"{config.activation}(z{n})", h, selected, n))
    n = len(outputs)
    return [
        *views,
        _view("log p", f"z{n} - log Σ exp z{n}", log_probs, selected, n),
        _view("p", "exp log p", log_probs.exp(), selected, n),
    ]


def _backward(
    inputs: list[Tensor], d: list[Tensor], config: TrainConfig, selected: _Selected
) -> list[TensorView]:
    views = []
    for n in range(len(d), 0, -1):
        last = n == len(d)
        back = f"(dz{n + 1} @ w{n + 1}ᵀ) · {config.activation}′(z{n})"
        before, slope = inputs[n - 1], d[n - 1]
        views += [
            _view(f"dz{n}", "(p - y) / B" if last else back, slope, selected, n),
            _view(f"dw{n}", f"{_input_name(n)}ᵀ @ dz{n}", before.T @ slope, selected, n, n - 1),
            _view(f"db{n}", f"Σ dz{n} over the batch", slope.sum(dim=0)[None], selected, n),
        ]
    return views


def _view(
    name: str,
    formula: str,
    values: Tensor,
    selected: _Selected,
    layer: int,
    rows_of: int | None = None,
) -> TensorView:
    height, width = values.shape
    columns = selected.window(layer, width)
    rows = list(range(min(height, WINDOW))) if rows_of is None else selected.window(rows_of, height)
    visible = values[rows][:, columns].numpy()
    table = pd.DataFrame(visible, index=rows, columns=columns)
    return TensorView(name, formula, (height, width), table)


def steepest_weight(
    network: Network, images: Tensor, labels: Tensor, layer: int
) -> tuple[int, int]:
    """Row and column of the weight with the largest gradient in a layer (from 1)."""
    params = pairs([t.detach().double() for t in flat(network.params)])
    grads = _by_autograd(params, network.input(images).double(), labels, network.config, layer)
    row, column = divmod(int(grads.abs().argmax()), grads.shape[1])
    return row, column


def block_of(tensor: str) -> str:
    """The name of the block that computes a tensor of the walkthrough."""
    return BLOCK_OF[tensor.rstrip("0123456789")]


BLOCK_OF = {
    "x": "A step",
    "z": "A layer",
    "h": "Activation",
    "log p": "Log of softmax",
    "p": "Loss",
    "dz": "Gradients",
    "dw": "Gradients",
    "db": "Gradients",
}
