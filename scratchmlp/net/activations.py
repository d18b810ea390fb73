"""Activations: what a hidden unit makes of its weighted sum z, and the slope of that.

The slope is what back-propagation by hand needs. It is written in terms of z and of the output
h = f(z), whichever is cheaper. All work on tensors of any shape, element by element.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from scratchmlp.net import choices


class Activation(NamedTuple):
    forward: Callable[[Tensor], Tensor]  # h = f(z)
    slope: Callable[[Tensor, Tensor], Tensor]  # f'(z), from z and h


def normal_cdf(z: Tensor) -> Tensor:
    """P(X <= z) for X from N(0, 1)."""
    return 0.5 * (1 + torch.erf(z / math.sqrt(2)))


def normal_density(z: Tensor) -> Tensor:
    return torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


RELU = Activation(torch.relu, lambda z, h: h.sign())
LEAKY_RELU = Activation(
    lambda z: torch.where(z > 0, z, 0.01 * z),
    lambda z, h: torch.full_like(z, 0.01).masked_fill(z > 0, 1.0),
)
ELU = Activation(  # Clevert, Unterthiner & Hochreiter 2016, with alpha 1
    lambda z: torch.where(z > 0, z, z.clamp_max(0).exp() - 1),
    lambda z, h: torch.where(z > 0, torch.ones_like(h), h + 1),
)
GELU = Activation(  # Hendrycks & Gimpel 2016, exact
    lambda z: z * normal_cdf(z),
    lambda z, h: normal_cdf(z) + z * normal_density(z),
)
TANH = Activation(torch.tanh, lambda z, h: 1 - h * h)
SIGMOID = Activation(torch.sigmoid, lambda z, h: h * (1 - h))
IDENTITY = Activation(lambda z: z, lambda z, h: torch.ones_like(z))

ACTIVATIONS: dict[str, Activation] = choices.implemented(choices.ACTIVATIONS, globals())
