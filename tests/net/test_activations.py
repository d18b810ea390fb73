"""Each activation of the table: its slope, and what its row says of it."""

import pytest
import torch

from scratchmlp.net import choices
from scratchmlp.net.activations import ACTIVATIONS

FAR = torch.tensor([-30.0, 30.0], dtype=torch.float64)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_is_the_derivative(name: str) -> None:
    z = torch.linspace(-6, 6, 400, dtype=torch.float64, requires_grad=True)  # without 0
    h = ACTIVATIONS[name].forward(z)
    [derivative] = torch.autograd.grad(h.sum(), z)
    torch.testing.assert_close(ACTIVATIONS[name].slope(z, h).detach(), derivative)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_it_is_finite_far_from_zero(name: str) -> None:
    z = torch.tensor([-1e4, -100.0, 0.0, 100.0, 1e4])
    h = ACTIVATIONS[name].forward(z)
    assert h.isfinite().all()
    assert ACTIVATIONS[name].slope(z, h).isfinite().all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_its_row_says_whether_it_saturates_and_dies(name: str) -> None:
    row, activation = choices.ACTIVATIONS[name], ACTIVATIONS[name]
    h = activation.forward(FAR)
    below, above = (abs(slope) < 1e-6 for slope in activation.slope(FAR, h).tolist())
    assert row.saturates == (below and above)
    near = torch.tensor([-0.5], dtype=torch.float64)
    output = activation.forward(near)
    assert row.dies == (output.item() == activation.slope(near, output).item() == 0)
    assert row.init in choices.INITS
