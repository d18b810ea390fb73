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

from scratchmlp.errors import UserError
from scratchmlp.images.datasets import Examples
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.learner import Learner
from scratchmlp.net.training import batches, begin, find_device, to_tensors

LOW, HIGH = 1e-6, 10.0
STEPS = 200
BLOWN_UP = 4.0  # times the smallest smoothed loss
MEMORY = 0.9  # of the smoothed loss, a step


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
        The loss is no number from the first steps on, so there is nothing to go by.
    """
    lrs, losses = [], []
    for lr, loss in ramp(config, train):
        lrs.append(lr)
        losses.append(loss)
        tell(len(lrs), STEPS)
    if len(losses) < 10:
        raise UserError(
            "The loss is no number from the start, whatever the learning rate: choose another "
            "loss or initialisation first."
        )
    smooth = smoothed(np.array(losses))
    return Found(np.array(lrs), np.array(losses), smooth, suggest(np.array(lrs), smooth))


def ramp(config: TrainConfig, train: Examples) -> Iterator[tuple[float, float]]:
    """A learning rate and the loss it met, a step each, until the loss blows up."""
    images, labels = to_tensors(train, find_device(config.device))
    learner = Learner(config, begin(config, images, int(labels.max()) + 1), images, labels)
    average, best = 0.0, math.inf
    for step, rows in enumerate(itertools.islice(_endless(config, labels), STEPS)):
        lr = LOW * (HIGH / LOW) ** (step / (STEPS - 1))
        loss, _, grads = learner.gradients(*learner.batch(rows))
        average = MEMORY * average + (1 - MEMORY) * loss
        now = average / (1 - MEMORY ** (step + 1))
        best = min(best, now)
        if not math.isfinite(loss) or now > BLOWN_UP * best:
            return
        learner.update(grads, lr)
        yield lr, loss


def _endless(config: TrainConfig, labels: Tensor) -> Iterator[Tensor]:
    for epoch in itertools.count(1):
        yield from batches(config, epoch, len(labels), labels.device)


def smoothed(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exponential moving average without its bias at the start (Kingma & Ba 2015, section 3)."""
    average, out = 0.0, []
    for step, loss in enumerate(losses, start=1):
        average = MEMORY * average + (1 - MEMORY) * float(loss)
        out.append(average / (1 - MEMORY**step))
    return np.array(out)


def suggest(lr: NDArray[np.float64], smooth: NDArray[np.float64]) -> float:
    """A tenth of the rate at which the smoothed loss is smallest."""
    return float(f"{lr[int(smooth.argmin())] / 3:.2g}")
