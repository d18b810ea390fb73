"""The learning-rate finder: raise the rate from far too small to far too large, watch the loss.

Smith 2017, "Cyclical learning rates", section 3.3, as in fastai's `lr_find`: one step at each rate
of an exponential ramp, on a network that is thrown away afterwards.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.devices import find_device, to_tensors
from scratchmlp.net.learner import Learner, initial_state
from scratchmlp.net.training import count_classes

LOW, HIGH = 1e-5, 10.0
STEPS = 200
STOP_RATIO = 4.0  # the ramp ends at this many times the smallest average loss
BLOW_UP_RATIO = 1.5  # the loss has blown up at this many times the smallest smoothed loss
SMOOTHING = 5.0  # standard deviation of the Gaussian, in steps
MUST_FALL_TO = 0.9  # of the first loss; a network whose loss falls less does not learn


class Ramp(NamedTuple):
    """Arrays (n,) of equal length, and the learning rate to train with."""

    lr: NDArray[np.float64]
    loss: NDArray[np.float64]
    smooth: NDArray[np.float64]
    suggestion: float


def find_lr(
    config: TrainConfig,
    train: Examples,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Ramp:
    """Run the ramp with the optimiser, batch size and network of `config`, and suggest a rate.

    The same seed gives the same suggestion.

    Parameters
    ----------
    on_progress : called after each step with the steps done and their largest number.

    Raises
    ------
    UserError
        The loss is NaN from the first steps on, or does not fall at any rate.
    """
    lrs, losses = [], []
    for lr, loss in ramp(config, train):
        lrs.append(lr)
        losses.append(loss)
        on_progress(len(lrs), STEPS)
    if len(losses) < 2 * SMOOTHING:
        raise UserError(
            "The loss is NaN from the start, at any learning rate: choose another loss "
            "or initialisation first."
        )
    smooth = smoothed(np.array(losses))
    if smooth.min() > MUST_FALL_TO * smooth[0]:
        raise UserError(
            "The loss does not fall at any learning rate: choose another initialisation first."
        )
    rates, chance = np.array(lrs), math.log(len(np.unique(train.labels)))
    suggestion = suggest(rates, smooth, chance, choices.OPTIMIZERS[config.optimizer].finder_lag)
    return Ramp(rates, np.array(losses), smooth, suggestion)


def ramp(config: TrainConfig, train: Examples) -> Iterator[tuple[float, float]]:
    """Yield a learning rate and the loss before its step, until the loss blows up."""
    images, labels = to_tensors(train, find_device(config.device))
    constant = replace(config, schedule="constant")
    start = initial_state(constant, images, count_classes(train))
    learner = Learner(constant, start, images, labels)
    average, smallest = 0.0, math.inf
    for step, rows in enumerate(itertools.islice(_endless_batches(learner), STEPS)):
        learner.lr = LOW * (HIGH / LOW) ** (step / (STEPS - 1))
        loss, _, grads = learner.gradients(*learner.batch(rows))
        average = loss if step == 0 else 0.9 * average + 0.1 * loss
        smallest = min(smallest, average)
        if not math.isfinite(loss):
            return
        if step >= 2 * SMOOTHING and average > STOP_RATIO * smallest:  # the first losses vary
            return
        learner.update(grads)
        yield learner.lr, loss


def _endless_batches(learner: Learner) -> Iterator[Tensor]:
    for learner.epoch in itertools.count():
        yield from learner.batches()


def smoothed(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The losses, their logarithms smoothed by a centred Gaussian: a past average would lag."""
    place = np.arange(len(losses))
    weights = np.exp(-0.5 * ((place[:, None] - place) / SMOOTHING) ** 2)
    logs = np.log(np.maximum(losses, 1e-12))
    result: NDArray[np.float64] = np.exp(weights @ logs / weights.sum(axis=1))
    return result


def suggest(
    lr: NDArray[np.float64], smooth: NDArray[np.float64], chance: float, lag: float
) -> float:
    """The learning rate to train with, to two digits.

    It is the rate of the blow-up, divided by `lag`. A network whose weights are drawn far too large
    starts with a loss far above `chance`, the loss of equal probabilities. If the ramp ends before
    the loss is below it, the network has learnt nothing. Then it is the rate of the steepest fall.
    """
    learnt = smooth.min() < chance
    return float(f"{blow_up(lr, smooth) / lag if learnt else steepest(lr, smooth):.2g}")


def steepest(lr: NDArray[np.float64], smooth: NDArray[np.float64]) -> float:
    """The rate at which the logarithm of the loss falls most, as fastai suggests."""
    return float(lr[int(np.gradient(np.log(smooth)).argmin())])


def blow_up(lr: NDArray[np.float64], smooth: NDArray[np.float64]) -> float:
    """The first rate after the smallest loss with `BLOW_UP_RATIO` times that loss, or the last."""
    lowest = int(smooth.argmin())
    past = np.flatnonzero(smooth[lowest:] > BLOW_UP_RATIO * smooth[lowest])
    return float(lr[lowest + past[0]] if len(past) else lr[-1])
