from dataclasses import replace

import numpy as np
import pytest

from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net import choices, lr_finder
from scratchmlp.net.config import TrainConfig

CONFIG = TrainConfig(dataset="digits", hidden=(32,), batch_size=128)


@pytest.mark.parametrize("optimizer", choices.OPTIMIZERS)
def test_the_ramp_rises_until_the_loss_blows_up(digits: Dataset, optimizer: str) -> None:
    told: list[tuple[int, int]] = []
    config = replace(CONFIG, optimizer=optimizer)
    found = lr_finder.find_lr(config, digits.train, lambda *place: told.append(place))
    ratios = found.lr[1:] / found.lr[:-1]
    assert ratios == pytest.approx(np.full(len(ratios), ratios[0]))
    assert found.lr[0] == pytest.approx(lr_finder.LOW)
    assert len(found.lr) == len(found.loss) == len(found.smooth) < lr_finder.STEPS
    assert found.loss.max() > 2 * found.smooth.min()
    assert lr_finder.LOW < found.suggestion < found.lr[-1]
    assert told == [(n, lr_finder.STEPS) for n in range(1, len(told) + 1)]


def test_the_same_seed_finds_the_same(digits: Dataset) -> None:
    first, again = (lr_finder.find_lr(CONFIG, digits.train) for _ in range(2))
    assert np.array_equal(first.loss, again.loss)
    assert first.suggestion == again.suggestion
    other = lr_finder.find_lr(replace(CONFIG, seed=1), digits.train)
    assert not np.array_equal(first.loss[:50], other.loss[:50])


def test_a_loss_that_is_no_number_is_said(digits: Dataset) -> None:
    broken = replace(CONFIG, loss="plain-softmax", init="normal", init_std=10.0)
    with pytest.raises(UserError, match="NaN"):
        lr_finder.find_lr(broken, digits.train)


def test_a_network_that_cannot_learn_has_no_rate(digits: Dataset) -> None:
    with pytest.raises(UserError, match="does not fall"):
        lr_finder.find_lr(replace(CONFIG, init="zeros", lr=1.0), digits.train)


def test_the_blow_up_is_past_the_lowest_loss() -> None:
    lr = np.geomspace(1e-3, 1, 7)
    assert lr_finder.blow_up(lr, np.array([9, 5, 2, 1, 1.4, 1.6, 8])) == lr[5]
    assert lr_finder.blow_up(lr, np.array([9, 5, 2, 1, 1.1, 1.2, 1.3])) == lr[6]
    assert lr_finder.blow_up(lr, np.array([7.0, 6, 5, 4, 3, 2, 1])) == lr[6]


def test_smoothing_keeps_a_constant_and_does_not_lag() -> None:
    assert lr_finder.smoothed(np.full(30, 2.5)) == pytest.approx(np.full(30, 2.5))
    bump = np.ones(61)
    bump[30] = 50
    assert int(lr_finder.smoothed(bump).argmax()) == 30


def test_a_loss_above_guessing_is_read_by_its_fall() -> None:
    """The post's weights start at a loss of a hundred; what blows up there had learnt nothing."""
    lr = np.geomspace(1e-3, 1, 7)
    smooth = np.array([100, 80, 30, 11, 8, 7.9, 30])
    assert lr_finder.steepest(lr, smooth) == lr[2]
    assert lr_finder.suggest(lr, smooth, chance=2.3, lag=4) == pytest.approx(lr[2], rel=0.05)
    assert lr_finder.suggest(lr, smooth / 10, chance=2.3, lag=4) == pytest.approx(
        lr[6] / 4, rel=0.05
    )
