"""Every view of Train opens, on a run in any state."""

import pytest

from scratchmlp.runs.store import Store
from scratchmlp.ui.train.views import VIEWS
from tests.ui.pages import trained
from tests.ui.train.pages import QUICK, view


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_of_a_finished_run_opens(store: Store, name: str) -> None:
    assert not view(name, trained(store, QUICK)).error


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_of_a_queued_run_opens(store: Store, name: str) -> None:
    assert not view(name, store.create(QUICK)).error
