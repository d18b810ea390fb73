"""How a step follows from the gradients, and how the learning rate moves over a run.

An optimiser is a pair of functions. `init(tensors)` makes its state, a dict of lists of tensors;
`update(tensors, grads, state, lr, config)` changes tensors and state in place. The learning rate
of a step is `config.lr * SCHEDULES[config.schedule](done)`, done going from 0 to 1 over the run.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from scratchmlp.net.config import TrainConfig

OptState = dict[str, list[Tensor]]


class Optimizer(NamedTuple):
    init: Callable[[list[Tensor]], OptState]
    update: Callable[[list[Tensor], list[Tensor], OptState, float, TrainConfig], None]


def _zeros(tensors: list[Tensor]) -> list[Tensor]:
    return [torch.zeros_like(tensor) for tensor in tensors]


def decay(tensors: list[Tensor], lr: float, weight_decay: float) -> None:
    """Pull weights (not biases) to zero, apart from the gradients: Loshchilov & Hutter 2019."""
    if weight_decay:
        for p in tensors:
            if p.ndim > 1:
                p.mul_(1 - lr * weight_decay)


@torch.no_grad()
def sgd(
    tensors: list[Tensor], grads: list[Tensor], state: OptState, lr: float, config: TrainConfig
) -> None:
    """p <- p - lr g"""
    decay(tensors, lr, config.weight_decay)
    for p, g in zip(tensors, grads, strict=True):
        p.sub_(g, alpha=lr)


@torch.no_grad()
def momentum(
    tensors: list[Tensor], grads: list[Tensor], state: OptState, lr: float, config: TrainConfig
) -> None:
    """v <- momentum v + g;  p <- p - lr v  (Polyak 1964, in PyTorch's form)."""
    decay(tensors, lr, config.weight_decay)
    for p, g, v in zip(tensors, grads, state["velocity"], strict=True):
        v.mul_(config.momentum).add_(g)
        p.sub_(v, alpha=lr)


@torch.no_grad()
def adam(
    tensors: list[Tensor], grads: list[Tensor], state: OptState, lr: float, config: TrainConfig
) -> None:
    """p <- p - lr m' / (sqrt(v') + 1e-8), primes correcting the bias (Kingma & Ba 2015, alg. 1).

    m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t); both fractions are taken out of the tensors
    and into the step's length, as at the end of the paper's section 2.
    """
    decay(tensors, lr, config.weight_decay)
    beta1, beta2 = config.momentum, config.beta2
    state["t"][0] += 1
    t = float(state["t"][0])
    correction1, correction2 = 1 - beta1**t, math.sqrt(1 - beta2**t)
    for p, g, m, v in zip(tensors, grads, state["m"], state["v"], strict=True):
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        scale = v.sqrt().add_(1e-8 * correction2)
        p.addcdiv_(m, scale, value=-lr * correction2 / correction1)


OPTIMIZERS = {
    "sgd": Optimizer(lambda tensors: {}, sgd),
    "momentum": Optimizer(lambda tensors: {"velocity": _zeros(tensors)}, momentum),
    "adam": Optimizer(
        lambda tensors: {"m": _zeros(tensors), "v": _zeros(tensors), "t": [torch.zeros(1)]}, adam
    ),
}


def constant(done: float) -> float:
    return 1.0


def one_cycle(done: float, warm_up: float = 0.25, start: float = 25, end: float = 1e5) -> float:
    """A cosine up from 1/25 for the first quarter, and one down to 1e-5 (Smith & Topin 2018).

    Shape and figures are fastai's `fit_one_cycle`.
    """
    if done < warm_up:
        return _cosine(1 / start, 1.0, done / warm_up)
    return _cosine(1.0, 1 / end, (done - warm_up) / (1 - warm_up))


def _cosine(a: float, b: float, x: float) -> float:
    return b + (a - b) * (1 + math.cos(math.pi * min(x, 1.0))) / 2


SCHEDULES: dict[str, Callable[[float], float]] = {"constant": constant, "one-cycle": one_cycle}
