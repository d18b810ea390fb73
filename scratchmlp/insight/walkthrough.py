"""The code that is running, block by block, and one batch walked through by hand."""

import itertools
from typing import NamedTuple

import pandas as pd
from torch import Tensor

from scratchmlp.insight import listing
from scratchmlp.net.backward import autograd
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.loss import LOSSES, cross_entropy_loss, nll_slope
from scratchmlp.net.model import ACTIVATIONS, Params, flat, layers, pairs, predict
from scratchmlp.net.network import Network


class Block(NamedTuple):
    """A part of the program: its name, its source as it runs, and its shapes for this network."""

    name: str
    source: str
    shapes: str


class Stage(NamedTuple):
    """A step of the walk: what is computed, by which formula, its shape, and some of its numbers.

    `table` has a row a picture and a column a unit, the first `SHOWN` of each.
    """

    name: str
    formula: str
    shape: tuple[int, ...]
    table: pd.DataFrame


class Walk(NamedTuple):
    """A batch forward and back, and one weight's gradient three ways.

    Attributes
    ----------
    terms : a row a picture: what came in through the weight, the slope of the loss behind it, and
        their product; the products sum to `by_hand`.
    """

    forward: list[Stage]
    backward: list[Stage]
    loss: float
    weight: float
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
    logits = f"(B, {classes})"
    plan = [
        ("Weights", "model", ["INITS", "init_params"], params),
        ("A layer", "model", ["linear"], f"(B, {sizes[0]}) -> (B, {sizes[1]})"),
        ("Activation", "model", ["ACTIVATIONS"], _hidden_shapes(config)),
        ("Network", "model", ["layers", "predict"], widths),
        ("Log of softmax", "loss", _log_softmax(config), f"{logits} -> {logits}"),
        ("Loss", "loss", ["nll", "cross_entropy_loss"], f"{logits}, (B,) -> one number"),
        ("Gradients", "backward", [_function(config.backward)], f"one number -> {params}"),
        ("Optimiser", "optim", _optimizer(config), params),
        ("Learning rate", "optim", _schedule(config), "share of the run done -> factor"),
        ("Warps", "augment", _warps(config), "(B, 28, 28) -> (B, 28, 28)"),
        ("A step", "learner", ["Learner"], f"rows (B,) -> pictures (B, {pixels})"),
        ("The loop", "training", ["fit"], ""),
    ]
    return [
        Block(name, "\n\n\n".join(_source(module, part, config) for part in parts), shapes)
        for name, module, parts, shapes in plan
        if parts
    ]


def _source(module: str, name: str, config: TrainConfig) -> str:
    return listing.piece(f"scratchmlp.net.{module}", name, config).source


def _hidden_shapes(config: TrainConfig) -> str:
    return ", ".join(f"(B, {n})" for n in config.hidden)


def _log_softmax(config: TrainConfig) -> list[str]:
    return ["log_softmax"] if config.loss == "log-softmax" else ["softmax", "plain_log_softmax"]


def _function(name: str) -> str:
    return name.replace("-", "_")


def _optimizer(config: TrainConfig) -> list[str]:
    return [*(["decay"] if config.weight_decay else []), config.optimizer]


def _schedule(config: TrainConfig) -> list[str]:
    return [_function(config.schedule), *(["_cosine"] if config.schedule == "one-cycle" else [])]


def _warps(config: TrainConfig) -> list[str]:
    affine = ["_uniform", "_affine_grid", "_look"]
    return {
        "none": [],
        "affine": [*affine, "affine"],
        "elastic": [*affine, "_elastic_field", "elastic"],
    }[config.augment]


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
    slopes = _slopes(params, seen, nll_slope(log_probs, labels), config)
    h_in = xb if layer == 1 else seen[layer - 2][1]
    terms = pd.DataFrame(
        {"input": h_in[:, i].numpy(), "slope": slopes[layer - 1][:, j].numpy()},
        index=pd.RangeIndex(1, len(labels) + 1, name="picture"),
    )
    terms["product"] = terms["input"] * terms["slope"]
    grads = autograd(params, xb, labels, config.activation, config.loss)[2]
    params = pairs([t.detach() for t in flat(params)])
    return Walk(
        _forward(xb, seen, log_probs, config),
        _backward(slopes, [g.detach() for g in grads], config),
        float(cross_entropy_loss(seen[-1][0], labels, config.loss)),
        float(params[layer - 1][0][i, j]),
        terms,
        float(terms["product"].sum()),
        float(grads[2 * (layer - 1)][i, j]),
        _difference(params, xb, labels, config, (layer, i, j)),
    )


def _slopes(
    params: Params, seen: list[tuple[Tensor, Tensor]], d: Tensor, config: TrainConfig
) -> list[Tensor]:
    """d loss / d z of each layer, (B, n_out), first to last."""
    found = [d]
    for depth in range(len(params) - 1, 0, -1):
        z, h = seen[depth - 1]
        d = (d @ params[depth][0].T) * ACTIVATIONS[config.activation].slope(z, h)
        found.insert(0, d)
    return found


def _difference(
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


def _forward(
    xb: Tensor, seen: list[tuple[Tensor, Tensor]], log_probs: Tensor, config: TrainConfig
) -> list[Stage]:
    stages = [_stage("input", "x = pixels, standardised" if config.standardise else "x", xb)]
    for n, (z, h) in enumerate(seen, start=1):
        before = "x" if n == 1 else f"h{n - 1}"
        stages.append(_stage(f"z{n}", f"z{n} = {before} @ w{n} + b{n}", z))
        if n < len(seen):
            stages.append(_stage(f"h{n}", f"h{n} = {config.activation}(z{n})", h))
    stages.append(_stage("log p", f"log p = log softmax(z{len(seen)})", log_probs))
    return stages


def _backward(slopes: list[Tensor], grads: list[Tensor], config: TrainConfig) -> list[Stage]:
    stages = []
    for n in range(len(slopes), 0, -1):
        last = n == len(slopes)
        how = "(p - y) / B" if last else f"(dz{n + 1} @ w{n + 1}ᵀ) · {config.activation}'(z{n})"
        before = "x" if n == 1 else f"h{n - 1}"
        stages.append(_stage(f"dz{n}", f"dz{n} = {how}", slopes[n - 1]))
        stages.append(_stage(f"dw{n}", f"dw{n} = {before}ᵀ @ dz{n}", grads[2 * n - 2]))
        stages.append(_stage(f"db{n}", f"db{n} = sum of dz{n}", grads[2 * n - 1][None]))
    return stages


def _stage(name: str, formula: str, values: Tensor) -> Stage:
    table = pd.DataFrame(values[:SHOWN, :SHOWN].numpy())
    return Stage(name, formula, tuple(values.shape), table)
