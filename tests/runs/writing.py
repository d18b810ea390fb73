"""A function for other processes. It stands alone, so that they import little."""

import time

from scratchmlp.runs.records import Update
from scratchmlp.runs.store import Store


def write_many(url: str, run: str, first: int) -> None:
    """Write 200 steps from `first` on, four at a time."""
    store = Store(url)
    for n in range(first, first + 200, 4):
        steps = [{"step": step, "loss": 1 / step, "lr": 0.1} for step in range(n, n + 4)]
        store.record(run, Update(steps=steps, changes={"heartbeat": time.time()}))
    store.close()
