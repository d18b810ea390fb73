"""A store for the tests of Train."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from scratchmlp.runs.store import Store
from scratchmlp.ui import resources
from tests.ui.train.pages import DIGITS


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    """A store with one finished run, so that no first run is trained unless a test wants it."""
    store.end_run(
        store.create(replace(DIGITS, seed=99), "an old run"), "finished", test_accuracy=0.5
    )
    yield store
    for run in resources.store().runs():
        if run.is_under_way:
            resources.cancel_or_stop(run.id)
    resources.jobs().close()
