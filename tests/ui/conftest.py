"""An empty store for the tests of the pages; and what AppTest does anew for each app, done once."""

import functools
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from scratchmlp.data import datasets
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store
from scratchmlp.ui import resources


@pytest.fixture(scope="session", autouse=True)
def one_search_for_components() -> Iterator[None]:
    """Each app looks through all installed packages for components: 0.2 seconds a test."""
    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture
def store(workers: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store, and an app that remembers nothing of the test before."""
    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", workers)
    st.cache_resource.clear()
    st.cache_data.clear()
    datasets.load("digits")
    made: list[Jobs] = []

    def make_jobs(store: Store) -> Jobs:
        made.append(Jobs(store))
        return made[-1]

    monkeypatch.setattr(resources, "Jobs", make_jobs)
    opened = Store()
    yield opened
    for jobs in made:
        jobs.close()
    st.cache_resource.clear()
    opened.close()


class NoWorkers:
    """Nothing is trained: what waits stays in the queue."""

    trouble = None
    size = 1

    def __init__(self, store: Store) -> None: ...

    def wake(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def no_workers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "Jobs", NoWorkers)
