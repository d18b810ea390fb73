"""How a process gives memory back to the system, which the C library otherwise keeps for later.

It matters with GNU's C library; elsewhere these functions do nothing.
"""

import contextlib
import ctypes
import gc
import sys

MB = 2**20
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # parameters of mallopt
ARENAS = 2


def keep_small() -> None:
    """Take large arrays from the system and give them back at once.

    By default, whoever frees a large array makes the library keep the next ones, and each of many
    threads keeps its own.
    """
    for parameter, value in ((ARENA_MAX, ARENAS), (MMAP_THRESHOLD, MB), (TRIM_THRESHOLD, MB)):
        _call("mallopt", parameter, value)


def give_back() -> None:
    """Give back what is free now."""
    gc.collect()
    _call("malloc_trim", 0)


def _call(function: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            getattr(ctypes.CDLL(None), function)(*arguments)
