"""Why a network answered what it answered: sums that can be checked by hand.

A logit is a sum, so the difference of two logits is one as well: what each hidden unit added to the
answer more than to the truth. These contributions add up to the difference exactly.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp.net.model import layers, predict
from scratchmlp.net.network import Network


class Contributions(NamedTuple):
    """A row for each unit of the last hidden layer: unit, activation, to_first, to_second, gap."""

    table: pd.DataFrame
    bias: float  # what the two biases add to the difference
    difference: float  # logit of the first class minus logit of the second


@torch.no_grad()
def hidden(network: Network, images: Tensor) -> Tensor:
    """Outputs of the last hidden layer, (n, units); the pixels where there is none."""
    xb = network.input(images)
    seen = layers(network.params, xb, network.config.activation)
    return seen[-2][1] if len(seen) > 1 else xb


@torch.no_grad()
def contributions(network: Network, image: Tensor, first: int, second: int) -> Contributions:
    """What each unit adds to the logit of class `first`, to that of `second`, and the gap.

    The gaps and the bias sum to the difference of the logits.
    """
    h = hidden(network, image[None])[0]
    weights, bias = network.params[-1]
    to_first, to_second = h * weights[:, first], h * weights[:, second]
    table = pd.DataFrame(
        {
            "unit": np.arange(len(h)),
            "activation": h.numpy(),
            "to_first": to_first.numpy(),
            "to_second": to_second.numpy(),
            "gap": (to_first - to_second).numpy(),
        }
    )
    logits = network.logits(image[None])[0]
    gap = float(bias[first] - bias[second])
    return Contributions(table, gap, float(logits[first] - logits[second]))


def attribution(network: Network, image: Tensor, first: int, second: int) -> NDArray[np.float32]:
    """Integrated gradients of the logit difference, (28, 28): for `first` > 0, for `second` < 0.

    Along the straight line from a blank sheet to the picture (Sundararajan, Taly & Yan 2017, eq.
    1, 64 midpoints): the pixels sum to the difference between picture and blank sheet.
    """
    steps = 64
    x = network.input(image[None])
    blank = network.input(torch.zeros_like(image[None]))
    along = (torch.arange(steps) + 0.5)[:, None] / steps
    points = (blank + along * (x - blank)).requires_grad_()
    logits = predict(network.params, points, network.config.activation)
    [grads] = torch.autograd.grad((logits[:, first] - logits[:, second]).sum(), points)
    pixels: NDArray[np.float32] = ((x - blank)[0] * grads.mean(dim=0)).detach().numpy()
    return pixels.reshape(28, 28)


def weight_pictures(network: Network, units: list[int]) -> NDArray[np.float32]:
    """First-layer weights of these units as pictures, (n, 28, 28)."""
    weights: NDArray[np.float32] = network.params[0][0].detach().T[units].numpy()
    return weights.reshape(-1, 28, 28)


@torch.no_grad()
def nearest(
    network: Network, image: Tensor, images: Tensor, n: int = 8, outputs: Tensor | None = None
) -> NDArray[np.int64]:
    """Rows of the `images` whose hidden activations point most nearly the same way (cosine).

    `outputs` are these activations, (n, units), where they are known already.
    """
    ours = hidden(network, image[None])[0]
    theirs = hidden(network, images) if outputs is None else outputs
    likeness = theirs @ ours / (theirs.norm(dim=1) * ours.norm()).clamp_min(1e-12)
    rows: NDArray[np.int64] = likeness.topk(min(n, len(images))).indices.numpy()
    return rows
