"""A run that trains while a test looks at it."""

from collections.abc import Iterator

import pytest

from scratchmlp.runs.store import Store
from tests.runs.training import LONG, BackgroundRun


@pytest.fixture
def background(store: Store) -> Iterator[BackgroundRun]:
    run = BackgroundRun(store, LONG)
    yield run
    run.stop.set()
    run.thread.join()
