"""Measures the queue: when runs were expected to start, and when they started.

Several visitors press Train at random times, with random settings, and real workers train. Before
each press the page's own estimate is noted.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from scratchmlp.bench import Line
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.cluster import LocalCluster
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store
from scratchmlp.runs.work_queue import NEW

WORKERS, VISITORS = 2, 8
GAP_SECONDS = 1.2  # between two presses, the mean
LEAST = 1.0  # seconds: shorter waits count as this long
FACTOR, GOAL = 2.0, 90.0  # an estimate is good within this factor; per cent that must be
LOOK_SECONDS = 0.1
SETTINGS: dict[str, tuple] = {
    "hidden": ((32,), (128,), (128, 64), (256,), (400,)),
    "batch_size": (64, 128, 256),
    "epochs": (1, 2, 4, 6),
    "augment": ("none", "none", "none", "affine", "elastic"),
    "optimizer": ("adam", "momentum"),
}


class Case(NamedTuple):
    """A press of Train: the seconds that its run was expected to wait, and those it waited."""

    expected: float
    waited: float

    @property
    def factor(self) -> float:
        """How many times the one is the other, the larger by the smaller."""
        small, large = sorted(max(LEAST, seconds) for seconds in self)
        return large / small


def run(dataset: str, presses: int, seed: int = 0) -> Iterator[Line]:
    """Press so often, wait until all have started, and yield the figures."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/runs.db")
        jobs = Jobs(store, LocalCluster(WORKERS))
        try:
            cases = _cases(store, jobs, TrainConfig(dataset=dataset), presses, random.Random(seed))
        finally:
            jobs.close()
            store.close()
    yield from _figures(cases)


def _cases(
    store: Store, jobs: Jobs, config: TrainConfig, presses: int, chance: random.Random
) -> list[Case]:
    jobs.wait_until_ready()
    first = store.create(config)  # a server trains one before the first visitor comes
    _wait_until_started(store, [first])
    while store.run(first).is_under_way:
        time.sleep(LOOK_SECONDS)
    expected: dict[str, float] = {}
    for _ in range(presses):
        visitor = store.seen_by(Visitor(f"visitor {chance.randrange(VISITORS)}"))
        chosen = {name: chance.choice(values) for name, values in SETTINGS.items()}
        wanted = replace(config, **chosen)
        if len(visitor.queue()) < store.limits.waiting:
            estimate = store.work.starts(jobs.size, visitor.visitor.id, wanted)[NEW]
            expected[visitor.create(wanted)] = estimate.seconds
            jobs.wake()
        time.sleep(chance.expovariate(1 / GAP_SECONDS))
    _wait_until_started(store, list(expected))
    runs = [store.run(run_id) for run_id in expected]
    return [Case(expected[run.id], (run.started or 0.0) - run.created) for run in runs]


def _wait_until_started(store: Store, run_ids: list[str]) -> None:
    while any(store.run(run_id).status == "queued" for run_id in run_ids):
        time.sleep(LOOK_SECONDS)


def _figures(cases: list[Case]) -> Iterator[Line]:
    waited = np.array([case.waited for case in cases])
    factors = np.array([case.factor for case in cases])
    waiting = factors[waited > LEAST]
    good = 100 * float((factors <= FACTOR).mean())
    values = {
        "presses": float(len(cases)),
        "seconds waited, the median": float(np.median(waited)),
        "seconds waited, the most": float(waited.max()),
        f"waits of over {LEAST:g} s within a factor of {FACTOR:g}, per cent": 100
        * float((waiting <= FACTOR).mean() if len(waiting) else 1.0),
        f"all estimates within a factor of {FACTOR:g}, per cent": good,
    }
    for what, value in values.items():
        goal = GOAL if what.startswith("all") else None
        record = {"bench": "queue", "what": what, "value": value, "goal": goal}
        yield Line(record, f"{what:52} {value:8.1f} {'' if goal is None else f'{goal:8.0f}'}")
