"""What begins when the server starts, so that the first visitor finds it ready.

The data is prepared, the workers start, and what waited in the queue goes on, though nobody has
opened a page.
"""

import gc
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scratchmlp import memory
from scratchmlp.errors import UserError
from scratchmlp.runs import speed
from scratchmlp.runs.cluster import LocalCluster
from scratchmlp.ui import resources

log = logging.getLogger(__name__)

TIDY_SECONDS = 60.0  # between two times that free memory is given back; it takes milliseconds


def copy_into_workers() -> None:
    """Start the workers of this machine as copies of the server, before it begins its own work."""
    workers = resources.workers()
    if isinstance(workers, LocalCluster):
        try:
            workers.start_as_copies()
        except OSError as error:  # they start as programs of their own
            log.warning("The server cannot be copied: %s", error)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Of the server: it answers while a thread makes everything ready."""
    memory.keep_small()
    threading.Thread(target=_begin, daemon=True, name="startup").start()
    yield


def _begin() -> None:
    try:
        resources.preparation()
        resources.jobs()
        speed.of_this_machine()
    except UserError as error:  # the pages meet the same trouble, and show it
        log.warning("%s", error)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: later collections need not look at it
    while True:
        time.sleep(TIDY_SECONDS)
        memory.give_back()
