"""Optimisers: how the gradients of a batch move the weights.

An optimiser changes tensors in place, `(tensors, grads, state, lr, config) -> None`. `tensors` and
`grads` are in the order of `flat(params)`. `state` is its memory, a list of tensors for each name:
empty before the first step, and saved with each checkpoint. With the same arguments it always does
the same. `lr` is the learning rate of this step; all else is read from `config`.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig

OptState = dict[str, list[Tensor]]
Optimizer = Callable[[list[Tensor], list[Tensor], OptState, float, TrainConfig], None]


def memory(state: OptState, name: str, tensors: list[Tensor]) -> list[Tensor]:
    """What the optimiser remembers by that name, a tensor for each of `tensors`; 0 at first."""
    if name not in state:
        state[name] = [torch.zeros_like(tensor) for tensor in tensors]
    return state[name]


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
    velocity = memory(state, "velocity", tensors)
    for p, g, v in zip(tensors, grads, velocity, strict=True):
        v.mul_(config.momentum).add_(g)
        p.sub_(v, alpha=lr)


@torch.no_grad()
def nesterov(
    tensors: list[Tensor], grads: list[Tensor], state: OptState, lr: float, config: TrainConfig
) -> None:
    """v <- momentum v + g;  p <- p - lr (g + momentum v)  (Nesterov 1983, in PyTorch's form).

    Sutskever et al. 2013 explain it as momentum that looks at the gradient one step ahead.
    """
    decay(tensors, lr, config.weight_decay)
    velocity = memory(state, "velocity", tensors)
    for p, g, v in zip(tensors, grads, velocity, strict=True):
        v.mul_(config.momentum).add_(g)
        p.sub_(g, alpha=lr).sub_(v, alpha=lr * config.momentum)


@torch.no_grad()
def rmsprop(
    tensors: list[Tensor], grads: list[Tensor], state: OptState, lr: float, config: TrainConfig
) -> None:
    """v <- beta2 v + (1 - beta2) g^2;  p <- p - lr g / (sqrt(v) + 1e-8)  (Hinton 2012)."""
    decay(tensors, lr, config.weight_decay)
    squares = memory(state, "v", tensors)
    for p, g, v in zip(tensors, grads, squares, strict=True):
        v.mul_(config.beta2).addcmul_(g, g, value=1 - config.beta2)
        p.addcdiv_(g, v.sqrt().add_(1e-8), value=-lr)


@torch.no_grad()
def adam(
    tensors: list[Tensor], grads: list[Tensor], state: OptState, lr: float, config: TrainConfig
) -> None:
    """p <- p - lr m' / (sqrt(v') + 1e-8), with m' and v' free of bias (Kingma & Ba 2015, alg. 1).

    m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t). Both divisions are moved out of the tensors
    and into the length of the step, as at the end of section 2 of the paper.
    """
    decay(tensors, lr, config.weight_decay)
    beta1, beta2 = config.momentum, config.beta2
    means, squares = memory(state, "m", tensors), memory(state, "v", tensors)
    [count] = state.setdefault("t", [torch.zeros(1)])
    count += 1
    t = float(count)
    correction1, correction2 = 1 - beta1**t, math.sqrt(1 - beta2**t)
    for p, g, m, v in zip(tensors, grads, means, squares, strict=True):
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        scale = v.sqrt().add_(1e-8 * correction2)
        p.addcdiv_(m, scale, value=-lr * correction2 / correction1)


OPTIMIZERS: dict[str, Optimizer] = choices.implemented(choices.OPTIMIZERS, globals())
