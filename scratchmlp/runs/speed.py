"""How fast this machine trains: a few real steps, so that recipes have a time before any run."""

import functools
import itertools
import time

import numpy as np

from scratchmlp.data.types import Examples
from scratchmlp.net import presets
from scratchmlp.runs.durations import CLASSES, FEWEST_ALIKE, OVERHEAD, Measured

STEPS = 8  # of each measurement, and before the first one
BESIDE = 1.3  # an epoch takes so many times as long as its steps: validation, statistics
LENGTH = 1000  # steps of a run that goes on as fast: beside it the time for anything else is short


@functools.cache
def of_this_machine() -> tuple[Measured, ...]:
    """Some very short runs of `modern` on noise, timed once in this process: 0.1 seconds.

    The time is that of the processor: to wait for others, which decode a dataset, does not count.
    """
    import torch  # listing runs must not wait for it

    from scratchmlp.net import events, training

    torch.set_num_threads(1)  # as in a worker
    config, n = presets.MODERN, STEPS * (FEWEST_ALIKE + 1) * presets.MODERN.batch_size
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (n, 28, 28), dtype=np.uint8)
    noise = Examples(images, random.integers(0, CLASSES, n))
    fitted = training.fit(config, noise, noise.take(np.arange(0)))
    steps = (event for event in fitted if isinstance(event, events.Step))
    times = [time.thread_time() for _ in itertools.islice(steps, STEPS * (FEWEST_ALIKE + 1))]
    ends = times[STEPS - 1 :: STEPS]
    return tuple(
        Measured(config, LENGTH, OVERHEAD + LENGTH * BESIDE * (end - start) / STEPS)
        for start, end in itertools.pairwise(ends)
    )
