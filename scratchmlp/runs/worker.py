"""The work of a worker process: it takes runs and background tasks from the queue, and does them.

A worker imports this module when it starts, so that PyTorch is loaded before the first run.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import torch

from scratchmlp import memory
from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError
from scratchmlp.runs.database import patiently
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from scratchmlp.runs.work_queue import Item


def prepare() -> None:
    """Load the dataset, so that the first run does not wait for it."""
    torch.set_num_threads(1)
    if datasets.is_prepared(sources.DEFAULT):
        datasets.load(sources.DEFAULT)


def work(url: Any, name: str) -> None:
    """Do what waits in the queue of the store at `url`, until nothing waits.

    `name` is written to each item that this worker takes. An item is done in a thread of its own: a
    paused run keeps its thread, but not its place, and the next item begins.
    """
    memory.keep_large()
    store = patiently(lambda: Store(url))
    while item := patiently(lambda: store.work.claim_next(name)):
        is_free = threading.Event()
        thread = threading.Thread(target=_do, args=[store, item, is_free.set], daemon=True)
        thread.start()
        is_free.wait()
    store.close()  # the thread of a paused run connects again


def _do(store: Store, item: Item, leave: Callable[[], None]) -> None:
    """Do a claimed item; call `leave` at a pause and at the end."""
    torch.set_num_threads(1)
    try:
        with contextlib.suppress(UserError):  # the store already has the sentence
            if item.kind == "run":
                execute(store, item.id, on_pause=leave)
            else:
                from scratchmlp.runs.task_execution import execute_task  # a run needs none of it

                execute_task(store, item.id)
    finally:
        memory.give_back()  # the next run may come in an hour
        leave()
