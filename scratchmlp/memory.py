"""What the C library keeps of freed memory for later, and what it gives back to the system.

It matters with GNU's C library; elsewhere these functions do nothing.
"""

import contextlib
import ctypes
import gc
import sys

MB = 2**20
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # parameters of mallopt
ARENAS = 2
_trim_threshold = 128 * 1024  # of the library, in bytes


def keep_small() -> None:
    """Take large arrays from the system and give them back at once.

    By default, whoever frees a large array makes the library keep the next ones, and each of many
    threads keeps its own.
    """
    _set(mmap_threshold=MB, trim_threshold=MB)


def keep_large() -> None:
    """Keep the memory of large arrays for the next ones, until `give_back`.

    By default, the library gives the memory of every tensor back at once, and requests it again in
    each step: training took 1.5 times as long.
    """
    _set(mmap_threshold=32 * MB, trim_threshold=256 * MB)


def _set(mmap_threshold: int, trim_threshold: int) -> None:
    """Sizes in bytes. Two heaps for all threads: those of this app do not compete for them."""
    global _trim_threshold
    _trim_threshold = trim_threshold
    _call("mallopt", ARENA_MAX, ARENAS)
    _call("mallopt", MMAP_THRESHOLD, mmap_threshold)
    _call("mallopt", TRIM_THRESHOLD, trim_threshold)


def give_back() -> None:
    """Give back what is free now: between arrays in all heaps, and at the end of this thread's.

    The library looks at the end of a thread's heap only when that thread frees something.
    """
    gc.collect()
    _call("mallopt", TRIM_THRESHOLD, 0)
    bytearray(MB // 4)
    _call("malloc_trim", 0)
    _call("mallopt", TRIM_THRESHOLD, _trim_threshold)


def _call(function: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            getattr(ctypes.CDLL(None), function)(*arguments)
