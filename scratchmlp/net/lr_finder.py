"""Finds a learning rate: raise it from far too small to far too large, and watch the loss.

Smith 2017, "Cyclical learning rates", section 3.3, as fastai's `lr_find` does it: a step at each
rate of an exponential ramp, on a network that is thrown away afterwards.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.learner import Learner
from scratchmlp.net.training import batches, begin, find_device, to_tensors

LOW, HIGH = 1e-5, 10.0
STEPS = 200
TOO_MUCH = 4.0  # times the smallest average loss: the ramp ends
BLOWN_UP = 1.5  # times the smallest smoothed loss: here the steps became too long
WIDTH = 5.0  # of the smoothing, in steps
FALLEN = 0.9  # of the first loss; what falls less than that does not learn

# How far the blow-up lags behind the largest rate that trains well. Each rate of the ramp has one
# step to do its harm: a plain step does it at once, a velocity has to build up first, and Adam's
# division hides it for longer still. Measured: docs/experiments.md.
LAG = {"sgd": 1.0, "momentum": 4.0, "adam": 10.0}


class Found(NamedTuple):
    """The ramp, as arrays (n,) of equal length, and the rate to train with."""

    lr: NDArray[np.float64]
    loss: NDArray[np.float64]
    smooth: NDArray[np.float64]
    suggestion: float


def find_lr(
    config: TrainConfig,
    train: Examples,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Found:
    """Walk the ramp with the optimiser, batch size and network of `config`, and suggest a rate.

    The same seed gives the same answer. Nothing of the walk is kept.

    Parameters
    ----------
    tell : told of each step done and how many there may be.

    Raises
    ------
    UserError
        The loss is no number from the first steps on, or falls at no rate.
    """
    lrs, losses = [], []
    for lr, loss in ramp(config, train):
        lrs.append(lr)
        losses.append(loss)
        tell(len(lrs), STEPS)
    if len(losses) < 2 * WIDTH:
        raise UserError(
            "The loss is no number from the start, whatever the learning rate: choose another "
            "loss or initialisation first."
        )
    smooth = smoothed(np.array(losses))
    if smooth.min() > FALLEN * smooth[0]:
        raise UserError(
            "The loss does not fall at any learning rate: choose another initialisation first."
        )
    rates = np.array(lrs)
    guessing = math.log(len(np.unique(train.labels)))
    return Found(
        rates, np.array(losses), smooth, suggest(rates, smooth, guessing, LAG[config.optimizer])
    )


def ramp(config: TrainConfig, train: Examples) -> Iterator[tuple[float, float]]:
    """A learning rate and the loss it met, a step each, until the loss blows up."""
    images, labels = to_tensors(train, find_device(config.device))
    learner = Learner(config, begin(config, images, int(labels.max()) + 1), images, labels)
    average, smallest = 0.0, math.inf
    for step, rows in enumerate(itertools.islice(_endless(config, labels), STEPS)):
        lr = LOW * (HIGH / LOW) ** (step / (STEPS - 1))
        loss, _, grads = learner.gradients(*learner.batch(rows))
        average = loss if step == 0 else 0.9 * average + 0.1 * loss
        smallest = min(smallest, average)
        if not math.isfinite(loss):
            return
        if step >= 2 * WIDTH and average > TOO_MUCH * smallest:  # the first losses may be any
            return
        learner.update(grads, lr)
        yield lr, loss


def _endless(config: TrainConfig, labels: Tensor) -> Iterator[Tensor]:
    for epoch in itertools.count(1):
        yield from batches(config, epoch, len(labels), labels.device)


def smoothed(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The losses' logarithms under a Gaussian, centred: an average over the past would lag."""
    place = np.arange(len(losses))
    weights = np.exp(-0.5 * ((place[:, None] - place) / WIDTH) ** 2)
    logs = np.log(np.maximum(losses, 1e-12))
    result: NDArray[np.float64] = np.exp(weights @ logs / weights.sum(axis=1))
    return result


def suggest(
    lr: NDArray[np.float64], smooth: NDArray[np.float64], guessing: float, lag: float
) -> float:
    """The rate to train with, to two digits.

    Weights drawn far too large begin far above `guessing` (the loss of equal probabilities), and
    the walk can end before they have come down to it. What blows up then had learnt nothing, so
    the rate at which the loss falls most has to do.
    """
    learnt = smooth.min() < guessing
    return float(f"{blow_up(lr, smooth) / lag if learnt else steepest(lr, smooth):.2g}")


def steepest(lr: NDArray[np.float64], smooth: NDArray[np.float64]) -> float:
    """The rate at which the logarithm of the loss falls most: what fastai suggests."""
    return float(lr[int(np.gradient(np.log(smooth)).argmin())])


def blow_up(lr: NDArray[np.float64], smooth: NDArray[np.float64]) -> float:
    """The rate, past the smallest loss, at which it is `BLOWN_UP` times as large; or the last."""
    lowest = int(smooth.argmin())
    past = np.flatnonzero(smooth[lowest:] > BLOWN_UP * smooth[lowest])
    return float(lr[lowest + past[0]] if len(past) else lr[-1])
