"""The network: a list of `(weights, bias)` pairs, and what they do to a batch.

    params = [(w1 (784, 128), b1 (128,)), (w2 (128, 10), b2 (10,))]

Everything here is a pure function of tensors. `init_params` and `linear` are the post's.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

Params = list[tuple[Tensor, Tensor]]


class Activation(NamedTuple):
    """A unit's response to its sum z, and the response's slope, written in terms of z and h."""

    forward: Callable[[Tensor], Tensor]  # h = f(z)
    slope: Callable[[Tensor, Tensor], Tensor]  # f'(z), from z and h = f(z)


ACTIVATIONS = {
    "relu": Activation(torch.relu, lambda z, h: h.sign()),
    "leaky-relu": Activation(
        lambda z: torch.where(z > 0, z, 0.01 * z), lambda z, h: torch.where(z > 0, 1.0, 0.01)
    ),
    "tanh": Activation(torch.tanh, lambda z, h: 1 - h * h),
    "sigmoid": Activation(torch.sigmoid, lambda z, h: h * (1 - h)),
    "identity": Activation(lambda z: z, lambda z, h: torch.ones_like(z)),
}

# Standard deviation of a layer's weights, given its number of inputs and outputs.
INITS: dict[str, Callable[[int, int, float], float]] = {
    "he": lambda n_in, n_out, std: math.sqrt(2 / n_in),  # He et al. 2015, eq. 10
    "xavier": lambda n_in, n_out, std: math.sqrt(
        2 / (n_in + n_out)
    ),  # Glorot & Bengio 2010, eq. 12
    "normal": lambda n_in, n_out, std: std,  # the post's
    "zeros": lambda n_in, n_out, std: 0.0,
}


def init_params(
    sizes: Sequence[int], init: str, std: float = 1.0, generator: torch.Generator | None = None
) -> Params:
    """Draw the weights of a network with layers of these sizes, input and output included.

    Biases start at 0, but for `init="normal"`, where they are drawn as the weights are: the post's.
    """
    params = []
    for n_in, n_out in itertools.pairwise(sizes):
        scale = INITS[init](n_in, n_out, std)
        weights = torch.randn(n_in, n_out, generator=generator) * scale
        bias = torch.randn(n_out, generator=generator) * (scale if init == "normal" else 0.0)
        params.append((weights, bias))
    return params


def as_input(images: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """uint8 (n, 28, 28) -> float32 (n, 784): in [0, 1], then standardised by `mean` and `std`."""
    return standardise(images.flatten(1).float(), mean, std)


def standardise(pixels: Tensor, mean: float, std: float) -> Tensor:
    """(x / 255 - mean) / std, in place and in as few passes as it takes."""
    return (pixels.sub_(255 * mean) if mean else pixels).mul_(1 / (255 * std))


def linear(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """(B, n_in) -> (B, n_out)."""
    return xb @ weights + bias


def layers(params: Params, xb: Tensor, activation: str = "relu") -> list[tuple[Tensor, Tensor]]:
    """Each layer's sums and outputs, `(z, h)`; of the last layer both are the logits."""
    forward, h, seen = ACTIVATIONS[activation].forward, xb, []
    for depth, (weights, bias) in enumerate(params, start=1):
        z = linear(h, weights, bias)
        h = z if depth == len(params) else forward(z)
        seen.append((z, h))
    return seen


def predict(params: Params, xb: Tensor, activation: str = "relu") -> Tensor:
    """(B, 784) -> logits (B, classes)."""
    return layers(params, xb, activation)[-1][1]


def flat(params: Params) -> list[Tensor]:
    """`[w1, b1, w2, b2, …]`"""
    return [tensor for pair in params for tensor in pair]


def pairs(tensors: Sequence[Tensor]) -> Params:
    """The other way round: `pairs(flat(params)) == params`."""
    return list(zip(tensors[::2], tensors[1::2], strict=True))
