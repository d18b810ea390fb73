"""Each block against PyTorch's own: the same numbers forward and backward."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from scratchmlp.net import loss as losses
from scratchmlp.net import model
from scratchmlp.net.backward import BACKWARDS, by_hand
from scratchmlp.net.config import ACTIVATIONS, INITS, LOSSES, TrainConfig
from scratchmlp.net.model import flat, init_params, pairs, predict
from scratchmlp.net.optimizers import OPTIMIZERS, SCHEDULES, one_cycle

TORCH_ACTIVATIONS = {
    "relu": nn.ReLU(),
    "leaky-relu": nn.LeakyReLU(0.01),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "identity": nn.Identity(),
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(n: int = 32, classes: int = 10) -> tuple[Tensor, Tensor]:
    g = generator(1)
    return torch.randn(n, 784, generator=g), torch.randint(classes, (n,), generator=g)


def as_module(params: model.Params, activation: str) -> nn.Sequential:
    """The same network of PyTorch's parts."""
    parts: list[nn.Module] = []
    for weights, bias in params:
        linear = nn.Linear(*weights.shape)
        linear.weight.data, linear.bias.data = weights.T.clone(), bias.clone()
        parts += [linear, TORCH_ACTIVATIONS[activation]]
    return nn.Sequential(*parts[:-1])


def test_the_tables_are_complete() -> None:
    assert tuple(model.ACTIVATIONS) == ACTIVATIONS
    assert tuple(model.INITS) == INITS
    assert tuple(losses.LOSSES) == LOSSES
    assert set(OPTIMIZERS) == {"sgd", "momentum", "adam"}
    assert set(SCHEDULES) == {"constant", "one-cycle"}


@pytest.mark.parametrize("hidden", [(), (128,), (64, 32, 16)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("backward", BACKWARDS)
def test_network_and_gradients_equal_torch(
    backward: str, activation: str, hidden: tuple[int, ...]
) -> None:
    xb, yb = batch()
    params = init_params([784, *hidden, 10], "he", generator=generator())
    module = as_module(params, activation)
    expected = F.cross_entropy(module(xb), yb)
    expected.backward()

    value, logits, grads = BACKWARDS[backward](params, xb, yb, activation, "log-softmax")

    torch.testing.assert_close(logits, module(xb).detach())
    torch.testing.assert_close(value, expected.detach())
    for layer, (weights, bias) in zip(module[::2], pairs(grads), strict=True):
        torch.testing.assert_close(weights, layer.weight.grad.T, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(bias, layer.bias.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_by_hand_equals_autograd(activation: str, loss: str) -> None:
    xb, yb = batch()
    params = init_params([784, 40, 20, 10], "xavier", generator=generator())
    for a, b in zip(
        BACKWARDS["autograd"](params, xb, yb, activation, loss)[2],
        BACKWARDS["by-hand"](params, xb, yb, activation, loss)[2],
        strict=True,
    ):
        assert (a - b).abs().max() < 1e-6


def test_by_hand_equals_finite_differences() -> None:
    xb, yb = batch(8, 3)
    params = init_params([784, 5, 3], "he", generator=generator())
    double = pairs([t.double() for t in flat(params)])
    grads = by_hand(double, xb.double(), yb, "tanh", "log-softmax")[2]
    for tensor, grad in zip(flat(double), grads, strict=True):
        at = grad.abs().argmax()
        before = tensor.view(-1)[at].item()
        values = []
        for delta in (1e-6, -1e-6):
            tensor.view(-1)[at] = before + delta
            logits = predict(double, xb.double(), "tanh")
            values.append(losses.cross_entropy_loss(logits, yb).item())
        tensor.view(-1)[at] = before
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(grad.view(-1)[at].item(), rel=1e-5)


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=12))
def test_log_softmax_equals_torch(row: list[float]) -> None:
    logits = torch.tensor([row])
    expected = F.log_softmax(logits, dim=1)
    torch.testing.assert_close(losses.log_softmax(logits), expected, rtol=1e-5, atol=1e-4)
    assert losses.log_softmax(logits).exp().sum() == pytest.approx(1, abs=1e-4)


def test_plain_softmax_breaks_where_log_softmax_does_not() -> None:
    logits, truth = torch.tensor([[100.0, 0.0]]), torch.tensor([0])
    assert losses.cross_entropy_loss(logits, truth) == 0
    assert losses.cross_entropy_loss(logits, truth, "plain-softmax").isnan()
    small = torch.tensor([[2.0, 1.0]])
    torch.testing.assert_close(
        losses.cross_entropy_loss(small, truth, "plain-softmax"),
        losses.cross_entropy_loss(small, truth),
    )


@pytest.mark.parametrize(("init", "std"), [("he", 2 / 784), ("xavier", 2 / 912), ("normal", 0.25)])
def test_weights_are_drawn_with_their_deviation(init: str, std: float) -> None:
    [(weights, bias)] = init_params([784, 128], init, 0.5, generator())
    assert weights.std() == pytest.approx(math.sqrt(std), rel=0.02)
    assert abs(weights.mean()) < 0.01
    assert (bias.std() > 0.4) if init == "normal" else not bias.any()


def test_zeros_are_zeros() -> None:
    assert not any(t.any() for t in flat(init_params([784, 128, 10], "zeros")))


TORCH_OPTIMIZERS = {
    "sgd": lambda tensors, c: torch.optim.SGD(tensors, c.lr),
    "momentum": lambda tensors, c: torch.optim.SGD(tensors, c.lr, momentum=c.momentum),
    "adam": lambda tensors, c: torch.optim.AdamW(
        [
            {"params": tensors[::2], "weight_decay": c.weight_decay},
            {"params": tensors[1::2], "weight_decay": 0.0},
        ],
        c.lr,
        betas=(c.momentum, c.beta2),
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_equal_torch(name: str) -> None:
    config = TrainConfig(optimizer=name, lr=0.01, weight_decay=0.1 if name == "adam" else 0.0)
    tensors = flat(init_params([20, 8, 4], "he", generator=generator()))
    theirs = [t.clone().requires_grad_() for t in tensors]
    their_optimizer = TORCH_OPTIMIZERS[name](theirs, config)
    state, g = OPTIMIZERS[name].init(tensors), generator(2)
    for _ in range(20):
        grads = [torch.randn(t.shape, generator=g) for t in tensors]
        OPTIMIZERS[name].update(tensors, grads, state, config.lr, config)
        for p, grad in zip(theirs, grads, strict=True):
            p.grad = grad.clone()
        their_optimizer.step()
    for a, b in zip(tensors, theirs, strict=True):
        torch.testing.assert_close(a, b.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["sgd", "momentum"])
def test_decay_pulls_weights_and_leaves_biases(name: str) -> None:
    config = TrainConfig(optimizer=name, weight_decay=0.5)
    weights, bias = torch.ones(2, 2), torch.ones(2)
    zeros = [torch.zeros(2, 2), torch.zeros(2)]
    OPTIMIZERS[name].update([weights, bias], zeros, OPTIMIZERS[name].init(zeros), 0.1, config)
    assert weights.unique().item() == pytest.approx(1 - 0.1 * 0.5)
    assert bias.unique().item() == 1


def test_one_cycle_rises_then_falls() -> None:
    rates = [one_cycle(i / 1000) for i in range(1001)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[250] == 1
    assert rates[:251] == sorted(rates[:251])
    assert rates[250:] == sorted(rates[250:], reverse=True)
    assert rates[-1] == pytest.approx(1e-5)


def test_input_is_standardised() -> None:
    images = torch.tensor([0, 255], dtype=torch.uint8).repeat(392).reshape(1, 28, 28)
    plain = model.as_input(images)
    assert plain.shape == (1, 784)
    assert (plain.min(), plain.max()) == (0, 1)
    ready = model.as_input(images, 0.5, 0.5)
    assert (ready.min(), ready.max()) == (-1, 1)
