"""The code that is running, block by block, and one batch walked through by hand."""

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
    """A part of the program: its name, its source as it runs, and its shapes for this network."""

    name: str
    source: str
    shapes: str


class Stage(NamedTuple):
    """A step of the walk: what is computed, by which formula, its shape, and some of its numbers.

    `table` is the part of the values around the chosen weight, `SHOWN` rows and columns at most;
    its index and columns are their true places.
    """

    name: str
    formula: str
    shape: tuple[int, ...]
    table: pd.DataFrame


class Walk(NamedTuple):
    """A batch forward and back, and one weight's gradient three ways.

    Attributes
    ----------
    weight, formula : the chosen weight's value, and its gradient by the chain rule.
    terms : a row a picture: what came in through the weight, the slope of the loss behind it, and
        their product; the products sum to `by_hand`.
    """

    forward: list[Stage]
    backward: list[Stage]
    loss: float
    weight: float
    formula: str
    terms: pd.DataFrame
    by_hand: float
    by_autograd: float
    by_difference: float


SHOWN = 10
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


def walk(network: Network, images: Tensor, labels: Tensor, layer: int, i: int, j: int) -> Walk:
    """One batch forward and back in float64, and the gradient of weight (i, j) of a layer.

    Parameters
    ----------
    network : its configuration says which activation and loss are in use.
    images, labels : uint8 (B, 28, 28) and int64 (B,).
    layer : from 1. i, j : row (what comes in) and column (the unit) of its weights, from 0.
    """
    config = network.config
    params = pairs([t.detach().double() for t in flat(network.params)])
    xb = network.input(images).double()
    seen = layers(params, xb, config.activation)
    log_probs = LOSSES[config.loss](seen[-1][0])
    d = layer_slopes(params, seen, nll_slope(log_probs, labels), config.activation)
    came_in = [xb, *(h for _, h in seen[:-1])]
    terms = pd.DataFrame(
        {"input": came_in[layer - 1][:, i].numpy(), "slope": d[layer - 1][:, j].numpy()},
        index=pd.RangeIndex(1, len(labels) + 1, name="picture"),
    )
    terms["product"] = terms["input"] * terms["slope"]
    looked_at = _Centres(layer, i, j, len(seen))
    return Walk(
        _forward(xb, seen, log_probs, config, looked_at),
        _backward(came_in, d, config, looked_at),
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


class _Centres(NamedTuple):
    """Around which unit of a layer to look: those that the chosen weight joins, or the middle."""

    layer: int
    i: int
    j: int
    depth: int

    def window(self, layer: int, width: int) -> list[int]:
        """Places to show of a layer's output; layer 0 is the input."""
        middle = {self.layer - 1: self.i, self.layer: self.j}.get(layer, width // 2)
        first = min(max(0, middle - SHOWN // 2), max(0, width - SHOWN))
        return list(range(width))[first : first + SHOWN]


def _input_name(layer: int) -> str:
    return "x" if layer == 1 else f"h{layer - 1}"


def _forward(
    xb: Tensor,
    seen: list[tuple[Tensor, Tensor]],
    log_probs: Tensor,
    config: TrainConfig,
    at: _Centres,
) -> list[Stage]:
    pixels = "(pixels / 255 - mean) / deviation" if config.standardise else "pixels / 255"
    stages = [_stage("x", pixels, xb, at, 0)]
    for n, (z, h) in enumerate(seen, start=1):
        stages.append(_stage(f"z{n}", f"{_input_name(n)} @ w{n} + b{n}", z, at, n))
        if n < len(seen):
            stages.append(_stage(f"h{n}", f"{config.activation}(z{n})", h, at, n))
    n = len(seen)
    return [
        *stages,
        _stage("log p", f"z{n} - log Σ exp z{n}", log_probs, at, n),
        _stage("p", "exp log p", log_probs.exp(), at, n),
    ]


def _backward(
    came_in: list[Tensor], d: list[Tensor], config: TrainConfig, at: _Centres
) -> list[Stage]:
    stages = []
    for n in range(len(d), 0, -1):
        last = n == len(d)
        back = f"(dz{n + 1} @ w{n + 1}ᵀ) · {config.activation}′(z{n})"
        before, slope = came_in[n - 1], d[n - 1]
        stages += [
            _stage(f"dz{n}", "(p - y) / B" if last else back, slope, at, n),
            _stage(f"dw{n}", f"{_input_name(n)}ᵀ @ dz{n}", before.T @ slope, at, n, n - 1),
            _stage(f"db{n}", f"Σ dz{n} over the batch", slope.sum(dim=0)[None], at, n),
        ]
    return stages


def _stage(
    name: str, formula: str, values: Tensor, at: _Centres, layer: int, rows_of: int | None = None
) -> Stage:
    height, width = values.shape
    columns = at.window(layer, width)
    rows = list(range(min(height, SHOWN))) if rows_of is None else at.window(rows_of, height)
    shown = values[rows][:, columns].numpy()
    table = pd.DataFrame(shown, index=rows, columns=columns)
    return Stage(name, formula, (height, width), table)


def steepest(network: Network, images: Tensor, labels: Tensor, layer: int) -> tuple[int, int]:
    """Row and column of the weight of a layer (from 1) on which the loss depends most."""
    params = pairs([t.detach().double() for t in flat(network.params)])
    grads = _by_autograd(params, network.input(images).double(), labels, network.config, layer)
    row, column = divmod(int(grads.abs().argmax()), grads.shape[1])
    return row, column


def block_of(stage: str) -> str:
    """The name of the block in which a stage of the walk is computed."""
    return BLOCK_OF[stage.rstrip("0123456789")]


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
