"""The work of a worker process: training a run of the store, or doing a background task.

A worker imports this module when it starts, so that PyTorch is loaded before the first run.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import torch

from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store


def prepare() -> None:
    """Load the dataset, so that the first run does not wait for it."""
    torch.set_num_threads(1)
    if datasets.is_prepared(sources.DEFAULT):
        datasets.load(sources.DEFAULT)


def train(run_id: str, url: Any, leave: Callable[[], None]) -> None:
    """Train a run, unless another process has claimed it.

    Parameters
    ----------
    url : the URL of the store.
    leave : called once, at the first pause: a paused run gives its place to the next in the queue.
    """
    torch.set_num_threads(1)
    store, left = Store(url), threading.Event()

    def leave_once() -> None:
        if not left.is_set():
            left.set()
            leave()

    try:
        if store.claim(run_id):
            with contextlib.suppress(UserError):  # the store already has the sentence
                execute(store, run_id, on_pause=leave_once)
    finally:
        store.close()


def do_task(task_id: str, url: Any) -> None:
    """Do a background task, unless another process has claimed it."""
    from scratchmlp.runs.task_execution import execute_task  # a run needs nothing of it

    torch.set_num_threads(1)
    store = Store(url)
    try:
        with contextlib.suppress(UserError):  # the store already has the sentence
            execute_task(store, task_id)
    finally:
        store.close()
