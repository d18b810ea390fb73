"""Optimisers against PyTorch's, and what each of the table must do."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat, init_params
from scratchmlp.net.optimizers import OPTIMIZERS, OptState

TORCH_OPTIMIZERS = {
    "sgd": lambda tensors, c: torch.optim.SGD(tensors, c.lr),
    "momentum": lambda tensors, c: torch.optim.SGD(tensors, c.lr, momentum=c.momentum),
    "nesterov": lambda tensors, c: torch.optim.SGD(
        tensors, c.lr, momentum=c.momentum, nesterov=True
    ),
    "rmsprop": lambda tensors, c: torch.optim.RMSprop(tensors, c.lr, alpha=c.beta2),
    "adam": lambda tensors, c: torch.optim.AdamW(
        [
            {"params": tensors[::2], "weight_decay": c.weight_decay},
            {"params": tensors[1::2], "weight_decay": 0.0},
        ],
        c.lr,
        betas=(c.momentum, c.beta2),
    ),
}


@pytest.mark.parametrize("name", TORCH_OPTIMIZERS)
def test_optimizers_equal_torch(name: str) -> None:
    config = TrainConfig(optimizer=name, lr=0.01, weight_decay=0.1 if name == "adam" else 0.0)
    tensors = flat(init_params([20, 8, 4], "he", generator=torch.Generator().manual_seed(0)))
    theirs = [t.clone().requires_grad_() for t in tensors]
    their_optimizer = TORCH_OPTIMIZERS[name](theirs, config)
    state, g = OptState(), torch.Generator().manual_seed(2)
    for _ in range(20):
        grads = [torch.randn(t.shape, generator=g) for t in tensors]
        OPTIMIZERS[name](tensors, grads, state, config.lr, config)
        for p, grad in zip(theirs, grads, strict=True):
            p.grad = grad.clone()
        their_optimizer.step()
    for a, b in zip(tensors, theirs, strict=True):
        torch.testing.assert_close(a, b.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_decay_pulls_weights_and_leaves_biases(name: str) -> None:
    config = TrainConfig(optimizer=name, weight_decay=0.5)
    weights, bias = torch.ones(2, 2), torch.ones(2)
    zeros = [torch.zeros(2, 2), torch.zeros(2)]
    OPTIMIZERS[name]([weights, bias], zeros, {}, 0.1, config)
    assert weights.unique().item() == pytest.approx(1 - 0.1 * 0.5)
    assert bias.unique().item() == 1


def run(config: TrainConfig, steps: int, state: OptState | None = None) -> list[Tensor]:
    """Minimise half the squared distance to 0 from 1, for some steps."""
    tensors = [torch.ones(3, 2), torch.ones(2)]
    state = {} if state is None else state
    for _ in range(steps):
        grads = [tensor.clone() for tensor in tensors]
        OPTIMIZERS[config.optimizer](tensors, grads, state, config.lr, config)
    return tensors


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_goes_downhill(name: str) -> None:
    config = TrainConfig(optimizer=name, lr=0.01, weight_decay=0.0)
    norms = [float(run(config, steps)[0].norm()) for steps in (0, 10, 50)]
    assert norms[0] > norms[1] > norms[2]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_only_the_settings_of_its_row_have_an_effect(name: str) -> None:
    config = TrainConfig(optimizer=name, lr=0.01, momentum=0.9, beta2=0.99)
    for field, value in {"momentum": 0.5, "beta2": 0.9}.items():
        same = torch.equal(run(config, 5)[0], run(replace(config, **{field: value}), 5)[0])
        assert same != (field in choices.OPTIMIZERS[name].settings)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_is_all_it_remembers(name: str) -> None:
    """A copy of tensors and state takes the same next step."""
    config = TrainConfig(optimizer=name, lr=0.01)
    state: OptState = {}
    tensors = run(config, 3, state)
    copies = [tensor.clone() for tensor in tensors]
    copied = {key: [tensor.clone() for tensor in values] for key, values in state.items()}
    for these, memory in ((tensors, state), (copies, copied)):
        OPTIMIZERS[name](these, [torch.ones_like(t) for t in these], memory, 0.01, config)
    assert all(torch.equal(a, b) for a, b in zip(tensors, copies, strict=True))
