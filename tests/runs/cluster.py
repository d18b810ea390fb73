"""The processes of a cluster, and what they do: what tests wait for."""

import time
from collections.abc import Callable

import psutil

from scratchmlp.runs.store import Store

PATIENCE = 180  # seconds


def wait(condition: Callable[[], object]) -> None:
    """Wait until the condition is true, even on a busy machine."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the condition was never met"
        time.sleep(0.02)


def rest(store: Store) -> None:
    """End what still trains."""
    for run in store.runs():
        store.cancel(run.id)
        store.send(run.id, "stop")
    wait(lambda: not any(run.status in ("queued", "running") for run in store.runs()))


def below(process: psutil.Process) -> list[psutil.Process]:
    """The processes of a cluster that are descendants of this one."""
    return [p for p in process.children(recursive=True) if "dask spec" in line(p)]


def line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def workers_in(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if "distributed.Worker" in line(process)]
