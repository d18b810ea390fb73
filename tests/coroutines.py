"""Coroutines in tests. Playwright keeps a loop running in the main thread: they run in another."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; return its result, or raise its error."""
    return in_thread(lambda: asyncio.run(coroutine))


def in_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread that has no loop yet."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()
