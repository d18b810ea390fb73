"""Figures about a network and its pictures, that change neither."""

import math

import torch
from torch import Tensor

from scratchmlp.net.config import TrainConfig
from scratchmlp.net.loss import cross_entropy_loss
from scratchmlp.net.model import Params, as_input, layers, predict


@torch.no_grad()
def evaluate(
    config: TrainConfig, params: Params, images: Tensor, labels: Tensor, mean: float, std: float
) -> tuple[float | None, float | None]:
    """Mean loss in nats and accuracy, all samples counting the same; None of no samples."""
    if not len(labels):
        return None, None
    loss, correct = 0.0, 0
    for x, y in zip(images.split(4096), labels.split(4096), strict=True):
        logits = predict(params, as_input(x, mean, std), config.activation)
        loss += cross_entropy_loss(logits, y, config.loss).item() * len(y)
        correct += int((logits.argmax(dim=1) == y).sum())
    return loss / len(labels), correct / len(labels)


@torch.no_grad()
def statistics(
    config: TrainConfig, params: Params, grads: list[Tensor], xb: Tensor
) -> dict[str, list[float]]:
    """Of each layer, on the epoch's last batch: norms of weights and gradient, and dead units.

    A hidden unit is dead if its output is 0 for every picture of the batch.
    """
    hidden = [h for _, h in layers(params, xb, config.activation)[:-1]]
    return {
        "weight_norm": [float(w.norm()) for w, _ in params],
        "gradient_norm": [float(g.norm()) for g in grads[::2]],
        "dead": [float((h == 0).all(dim=0).float().mean()) for h in hidden],
    }


def pixel_moments(images: Tensor) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, in [0, 1]; a deviation of 0 reads as 1."""
    total = squares = 0.0
    for chunk in images.split(512):  # small enough to stay in the processor's cache
        pixels = chunk.float().flatten() / 255
        total, squares = total + pixels.sum().item(), squares + pixels.dot(pixels).item()
    mean = total / images.numel()
    return mean, math.sqrt(max(squares / images.numel() - mean**2, 0.0)) or 1.0
