"""How long a run will take, from how long similar runs took on this machine: pure functions.

A rough model says how the settings matter; measured runs say how fast the machine is. The more a
measured run is like the one that is asked about, the more it counts.
"""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scratchmlp.data import sources
from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig, count_weights

CLASSES = 10
FULL = 60_000  # training pictures of a folder that nobody has trained on yet
OVERHEAD = 0.1  # seconds that a run takes beside its steps: its data, its test pictures, its rows
FEWEST_ALIKE, MOST_ALIKE = 3, 9  # similar runs that are asked, so that one odd run decides nothing
TASK_SECONDS = 10.0  # of a background task
# A rough model of one CPU thread: seconds of a step, and of a weight for a picture.
STEP, PRODUCT = 4.3e-4, 3.5e-11


@dataclass(frozen=True)
class Measured:
    """A run that finished: its settings, its steps, and the seconds from its start to its end."""

    config: TrainConfig
    steps: int
    seconds: float


def expected_seconds(config: TrainConfig, measured: Sequence[Measured], done: int = 0) -> float:
    """The seconds that a run takes from start to end.

    Parameters
    ----------
    measured : runs that finished, the newest first.
    done : steps that it has done already.
    """
    steps = max(0, expected_steps(config, measured) - done)
    return OVERHEAD + steps * _seconds_per_step(config, measured)


def known_seconds(config: TrainConfig, measured: Sequence[Measured]) -> float | None:
    """The same for a whole run; None where it is not known.

    The speed of the machine needs a run that was measured, and the number of steps a dataset with a
    name or a run on it.
    """
    is_counted = bool(sources.count_pictures(config.dataset)) or any(
        one.config.dataset == config.dataset for one in measured
    )
    return expected_seconds(config, measured) if measured and is_counted else None


def expected_steps(config: TrainConfig, measured: Sequence[Measured]) -> int:
    """The steps of a run, by the number of pictures in its dataset, or that runs on it had."""
    pictures = sources.count_pictures(config.dataset)
    for one in [] if pictures else measured:
        if one.config.dataset == config.dataset and not one.config.train_size:
            per_epoch = one.steps / one.config.epochs * one.config.batch_size
            pictures = round(per_epoch / (1 - one.config.valid_pct))
            break
    trained = round((pictures or FULL) * (1 - config.valid_pct))
    trained = min(trained, config.train_size or trained)
    return config.epochs * max(1, -(-trained // config.batch_size))


def _seconds_per_step(config: TrainConfig, measured: Sequence[Measured]) -> float:
    """The rough model's seconds, by the factor that the most similar runs were slower by."""
    rough = _rough_seconds(config)
    if not measured:
        return rough
    similar = {one: _similarity(config, one.config) for one in measured}
    for least in sorted(set(similar.values()), reverse=True):
        alike = [one for one in measured if similar[one] >= least][:MOST_ALIKE]
        if len(alike) >= FEWEST_ALIKE:
            break
    return rough * statistics.median(_factor(one) for one in alike)


def _factor(one: Measured) -> float:
    seconds = max(one.seconds - OVERHEAD, 0.1 * one.seconds)
    return seconds / max(1, one.steps) / _rough_seconds(one.config)


def _similarity(one: TrainConfig, other: TrainConfig) -> int:
    """How many of these are equal, the most important first."""
    fields = "device", "precision", "backward", "augment", "hidden", "batch_size", "optimizer"
    equal = itertools.takewhile(lambda f: getattr(one, f) == getattr(other, f), fields)
    return sum(1 for _ in equal)


def _rough_seconds(config: TrainConfig) -> float:
    weights = count_weights(config.hidden, CLASSES)
    picture = weights * PRODUCT + choices.AUGMENTATIONS[config.augment].seconds
    return STEP + config.batch_size * picture
