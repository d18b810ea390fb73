"""Figures of a network: loss and accuracy on a split, and what its layers do."""

import math
from typing import Any

import torch
from torch import Tensor

from scratchmlp.net.activations import ACTIVATIONS
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.loss import cross_entropy_loss, log_softmax
from scratchmlp.net.model import Params, as_input, layers, predict

BINS = 24  # of a histogram of activations
FLAT = 0.01  # a slope that lets almost no gradient through
SURE = 0.999  # a probability


@torch.no_grad()
def evaluate(
    config: TrainConfig, params: Params, images: Tensor, labels: Tensor, mean: float, std: float
) -> tuple[float | None, float | None]:
    """Mean loss in nats and accuracy over all samples; None for both if there are none."""
    if not len(labels):
        return None, None
    loss, correct = 0.0, 0
    for x, y in zip(images.split(4096), labels.split(4096), strict=True):
        logits = predict(params, as_input(x, mean, std), config.activation)
        loss += cross_entropy_loss(logits, y, config.loss).item() * len(y)
        correct += int((logits.argmax(dim=1) == y).sum())
    return loss / len(labels), correct / len(labels)


@torch.no_grad()
def layer_statistics(
    config: TrainConfig, params: Params, before: list[Tensor], grads: list[Tensor], xb: Tensor
) -> dict[str, Any]:
    """What the last step of an epoch did to each layer, and what its hidden units do.

    Parameters
    ----------
    before : the weights of each layer before that step.
    grads : the gradients of that step, in the order of `flat(params)`.
    xb : inputs on which the units are measured, (B, 784).

    Returns
    -------
    dict
        Lists with one value for each layer: `weight_norm`, `gradient_norm`, `update_ratio` (the
        norm of the step divided by the norm of the weights), `histogram` (`low`, `high` and the
        `counts` of `BINS` equal bins of all outputs; the rarest 0.2% are in the outermost bins).
        Lists with one value for each hidden layer: `dead` (share of units whose output is 0 for
        every picture), `flat` (share of outputs whose slope is below `FLAT`: almost no gradient
        flows through them) and `twins` (0 if the weights of all units differ, 1 if all are the
        same). A number, `sure`: the share of pictures with a probability above `SURE`. Runs of
        older versions have only `weight_norm`, `gradient_norm` and `dead`.
    """
    outputs = layers(params, xb, config.activation)
    slope, hidden = ACTIVATIONS[config.activation].slope, outputs[:-1]
    return {
        "weight_norm": [_short(w.norm()) for w, _ in params],
        "gradient_norm": [_short(g.norm()) for g in grads[::2]],
        "update_ratio": [
            _short((w - old).norm() / old.norm().clamp_min(1e-12))
            for (w, _), old in zip(params, before, strict=True)
        ],
        "histogram": [_histogram(h) for _, h in outputs],
        "dead": [_short((h == 0).all(dim=0).float().mean()) for _, h in hidden],
        "flat": [_short((slope(z, h).abs() < FLAT).float().mean()) for z, h in hidden],
        "twins": [_twins(w) for w, _ in params[:-1]],
        "sure": _short((log_softmax(outputs[-1][0]).amax(dim=1).exp() > SURE).float().mean()),
    }


def _short(value: Tensor) -> float:
    """Five digits are enough, and half as long in JSON."""
    return float(f"{float(value):.5g}")


def _histogram(h: Tensor) -> dict[str, Any]:
    values = h.flatten()
    if not bool(values.isfinite().all()):
        return {"low": 0.0, "high": 0.0, "counts": []}
    few = max(1, values.numel() // 1000)
    low = values.kthvalue(few).values
    high = values.kthvalue(values.numel() - few + 1).values
    place = ((values - low) / (high - low).clamp_min(1e-12) * BINS).long().clamp_(0, BINS - 1)
    counts = torch.bincount(place, minlength=BINS)
    return {"low": _short(low), "high": _short(high), "counts": counts.tolist()}


def _twins(weights: Tensor) -> float:
    """Units with the same weights have the same product with any vector; others differ."""
    n_in, n = weights.shape
    marks = (torch.arange(n_in, device=weights.device) * 12.9898).sin() @ weights  # (n,)
    gaps = marks.sort().values.diff() > 1e-6 * weights.norm() / n**0.5
    return 0.0 if n == 1 else 1 - int(gaps.sum()) / (n - 1)


def pixel_moments(images: Tensor) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, in [0, 1]; a deviation of 0 becomes 1."""
    total = squares = 0.0
    for chunk in images.split(512):  # small enough to stay in the processor's cache
        pixels = chunk.float().flatten() / 255
        total, squares = total + pixels.sum().item(), squares + pixels.dot(pixels).item()
    mean = total / images.numel()
    return mean, math.sqrt(max(squares / images.numel() - mean**2, 0.0)) or 1.0
