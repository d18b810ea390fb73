"""What begins when the server starts, so that the first visitor finds it ready; and how it tidies.

The data is prepared, the workers start, and what waited in the queue goes on, though nobody has
opened a page.
"""

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit.runtime import Runtime, RuntimeState, get_instance

from scratchmlp import memory
from scratchmlp.errors import UserError, needed_to_start
from scratchmlp.runs import speed
from scratchmlp.runs.cluster import LocalCluster
from scratchmlp.ui import predictions, resources

log = logging.getLogger(__name__)

TIDY_SECONDS = 60.0  # between two times that the server tidies; it takes milliseconds


def copy_into_workers() -> None:
    """Start the workers of this machine as copies of the server, before it begins its own work.

    The server does not start if `SCRATCHMLP_WORKERS` has a wrong value.
    """
    with needed_to_start():
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
    tidying = asyncio.create_task(_tidy())
    yield
    tidying.cancel()


def _begin() -> None:
    try:
        resources.preparation()
        resources.jobs()
        speed.of_this_machine()
    except UserError as error:  # the pages meet the same trouble, and show it
        log.warning("%s", error)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: later collections need not look at it


async def _tidy() -> None:
    """Let go of what nobody needs any more, once a minute."""
    was_empty = False
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        runtime = get_instance()
        forget_closed_tabs(runtime)
        is_empty = runtime.state is RuntimeState.NO_SESSIONS_CONNECTED
        if is_empty and was_empty:
            forget_runs()
        was_empty = is_empty
        await asyncio.to_thread(memory.give_back)


def forget_closed_tabs(runtime: Runtime) -> None:
    """Forget the sessions of tabs that were closed two minutes ago: a megabyte each.

    Nobody can return to them, but Streamlit keeps them until one more tab is closed.
    """
    runtime._session_mgr._session_storage._cache.expire()  # type: ignore[attr-defined]


def forget_runs() -> None:
    """Forget what was loaded and computed of runs, while nobody looks at any."""
    st.cache_data.clear()
    resources.forget_runs()
    predictions.forget()
