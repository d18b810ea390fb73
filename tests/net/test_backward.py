"""Forward and backward pass against PyTorch's own: the same numbers."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scratchmlp.net import choices, model
from scratchmlp.net.backward import BACKWARDS, by_hand
from scratchmlp.net.loss import cross_entropy_loss
from scratchmlp.net.model import flat, init_params, pairs, predict

TORCH_ACTIVATIONS = {
    "relu": nn.ReLU(),
    "leaky-relu": nn.LeakyReLU(0.01),
    "elu": nn.ELU(),
    "gelu": nn.GELU(),
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


@pytest.mark.parametrize("hidden", [(), (128,), (64, 32, 16)])
@pytest.mark.parametrize("activation", TORCH_ACTIVATIONS)
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


@pytest.mark.parametrize("loss", choices.LOSSES)
@pytest.mark.parametrize("activation", choices.ACTIVATIONS)
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
            values.append(cross_entropy_loss(logits, yb).item())
        tensor.view(-1)[at] = before
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(grad.view(-1)[at].item(), rel=1e-5)
