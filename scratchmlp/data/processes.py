"""Shares work among processes, one for each core of the machine."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")
_one_at_a_time = threading.Lock()


@contextmanager
def mapped(work: Callable[[_Part], _Result], parts: Iterable[_Part]) -> Iterator[Iterator[_Result]]:
    """The results of the parts in their order, while the processes live."""
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    with _one_at_a_time:  # all threads of this process share joblib's processes
        # Parts are small: no array of them goes through a file of joblib's.
        workers = Parallel(n_jobs=-1, return_as="generator", max_nbytes=None)
        yield workers(delayed(work)(part) for part in parts)
        get_reusable_executor().shutdown(wait=True)
