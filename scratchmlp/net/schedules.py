"""Schedules: how the learning rate moves over a run.

A schedule takes the share of the run that is done, from 0 to 1, and returns a factor from 0 to 1
for the learning rate of the configuration.
"""

import math
from collections.abc import Callable

from scratchmlp.net import choices


def constant(done: float) -> float:
    return 1.0


def one_cycle(done: float, warm_up: float = 0.25, start: float = 25, end: float = 1e5) -> float:
    """A cosine up from 1/25 for the first quarter, then one down to 1e-5 (Smith & Topin 2018).

    The shape and the numbers are those of fastai's `fit_one_cycle`.
    """
    if done < warm_up:
        return _cosine(1 / start, 1.0, done / warm_up)
    return _cosine(1.0, 1 / end, (done - warm_up) / (1 - warm_up))


def _cosine(a: float, b: float, x: float) -> float:
    """From `a` at x = 0 to `b` at x = 1."""
    return b + (a - b) * (1 + math.cos(math.pi * min(x, 1.0))) / 2


SCHEDULES: dict[str, Callable[[float], float]] = choices.implemented(choices.SCHEDULES, globals())
