"""What begins when the server starts, so that the first visitor finds it ready.

The data is prepared, the workers start, and what waited in the queue goes on, though nobody has
opened a page.
"""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scratchmlp.errors import UserError

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Of the server: it answers while a thread makes everything ready."""
    threading.Thread(target=_begin, daemon=True, name="startup").start()
    yield


def _begin() -> None:
    from scratchmlp.ui import resources

    try:
        resources.preparation()
        resources.jobs()
    except UserError as error:  # the pages meet the same trouble, and show it
        log.warning("%s", error)
