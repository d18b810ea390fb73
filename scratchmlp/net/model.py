"""The network: a list of `(weights, bias)` pairs, and what they do to a batch.

    params = [(w1 (784, 128), b1 (128,)), (w2 (128, 10), b2 (10,))]

Everything here is a pure function of tensors. `init_params` and `linear` are the post's.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from scratchmlp.net import choices
from scratchmlp.net.activations import ACTIVATIONS

Params = list[tuple[Tensor, Tensor]]


# Standard deviation of a layer's weights, given its number of inputs and outputs.
def he(n_in: int, n_out: int, std: float) -> float:
    """He et al. 2015, equation 10."""
    return math.sqrt(2 / n_in)


def xavier(n_in: int, n_out: int, std: float) -> float:
    """Glorot & Bengio 2010, equation 12."""
    return math.sqrt(2 / (n_in + n_out))


def normal(n_in: int, n_out: int, std: float) -> float:
    """The post's: the same for every layer."""
    return std


def zeros(n_in: int, n_out: int, std: float) -> float:
    return 0.0


INITS: dict[str, Callable[[int, int, float], float]] = choices.implemented(choices.INITS, globals())


def init_params(
    sizes: Sequence[int], init: str, std: float = 1.0, generator: torch.Generator | None = None
) -> Params:
    """Draw the weights of a network with layers of these sizes, input and output included.

    Biases start at 0. With `init="normal"` they are drawn like the weights, as in the post.
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
    """(x / 255 - mean) / std, in place and in as few passes as possible."""
    return (pixels.sub_(255 * mean) if mean else pixels).mul_(1 / (255 * std))


def linear(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """(B, n_in) -> (B, n_out)."""
    return xb @ weights + bias


def layers(params: Params, xb: Tensor, activation: str = "relu") -> list[tuple[Tensor, Tensor]]:
    """The sums and outputs of each layer, `(z, h)`; both are the logits in the last layer."""
    forward, h, outputs = ACTIVATIONS[activation].forward, xb, []
    for depth, (weights, bias) in enumerate(params, start=1):
        z = linear(h, weights, bias)
        h = z if depth == len(params) else forward(z)
        outputs.append((z, h))
    return outputs


def predict(params: Params, xb: Tensor, activation: str = "relu") -> Tensor:
    """(B, 784) -> logits (B, classes)."""
    return layers(params, xb, activation)[-1][1]


def flat(params: Params) -> list[Tensor]:
    """`[w1, b1, w2, b2, …]`"""
    return [tensor for pair in params for tensor in pair]


def pairs(tensors: Sequence[Tensor]) -> Params:
    """The inverse of `flat`: `pairs(flat(params)) == params`."""
    return list(zip(tensors[::2], tensors[1::2], strict=True))
