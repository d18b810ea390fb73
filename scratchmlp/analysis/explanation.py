"""Why a network made its prediction: sums that can be checked by hand.

A logit is a sum over the hidden units. So the difference of two logits is a sum too: each hidden
unit contributes one term. The contributions and the bias add up to the difference exactly.
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
    bias: float  # bias of the first class minus bias of the second
    difference: float  # logit of the first class minus logit of the second


@torch.no_grad()
def hidden_activations(network: Network, images: Tensor) -> Tensor:
    """Outputs of the last hidden layer, (n, units); the input if there is no hidden layer."""
    xb = network.input(images)
    outputs = layers(network.params, xb, network.config.activation)
    return outputs[-2][1] if len(outputs) > 1 else xb


@torch.no_grad()
def contributions(network: Network, image: Tensor, first: int, second: int) -> Contributions:
    """What each unit adds to the logit of class `first`, to that of class `second`, and the gap.

    The gaps and the bias add up to the difference of the logits.
    """
    h = hidden_activations(network, image[None])[0]
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
    """Integrated gradients of the logit difference, (28, 28): > 0 for `first`, < 0 for `second`.

    The path is the straight line from a blank image (Sundararajan, Taly & Yan 2017, eq. 1, 64
    midpoints). The pixels add up to the difference for the image minus that for a blank image.
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


def weight_images(network: Network, units: list[int]) -> NDArray[np.float32]:
    """First-layer weights of these units, (n, 28, 28)."""
    weights: NDArray[np.float32] = network.params[0][0].detach().T[units].numpy()
    return weights.reshape(-1, 28, 28)
