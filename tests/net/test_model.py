"""How weights are drawn, and what becomes of the pixels."""

import math

import pytest
import torch

from scratchmlp.net import choices, model
from scratchmlp.net.model import flat, init_params


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(("init", "std"), [("he", 2 / 784), ("xavier", 2 / 912), ("normal", 0.25)])
def test_weights_are_drawn_with_their_deviation(init: str, std: float) -> None:
    [(weights, bias)] = init_params([784, 128], init, 0.5, generator())
    assert weights.std() == pytest.approx(math.sqrt(std), rel=0.02)
    assert abs(weights.mean()) < 0.01
    assert (bias.std() > 0.4) if init == "normal" else not bias.any()


@pytest.mark.parametrize("init", choices.INITS)
def test_the_same_seed_draws_the_same_weights(init: str) -> None:
    first, again = (init_params([784, 16, 10], init, 0.5, generator()) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(flat(first), flat(again), strict=True))


def test_zeros_are_zeros() -> None:
    assert not any(t.any() for t in flat(init_params([784, 128, 10], "zeros")))


def test_input_is_standardised() -> None:
    images = torch.tensor([0, 255], dtype=torch.uint8).repeat(392).reshape(1, 28, 28)
    plain = model.as_input(images)
    assert plain.shape == (1, 784)
    assert (plain.min(), plain.max()) == (0, 1)
    ready = model.as_input(images, 0.5, 0.5)
    assert (ready.min(), ready.max()) == (-1, 1)
