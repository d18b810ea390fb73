"""An empty store for the tests of the pages; and what AppTest does anew for each app, done once."""

import functools
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from scratchmlp.data import datasets
from scratchmlp.runs.cluster import LocalCluster
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


class NoWorkers:
    """Nothing is trained: what waits stays in the queue."""

    trouble = None
    size = 1

    def __init__(self, store: Store, workers: LocalCluster) -> None: ...

    def wake(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def store(
    migrated_file: Path, closed_world: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """An empty store, and an app without workers that remembers nothing of the test before."""
    closed_world.mkdir()
    shutil.copy(migrated_file, closed_world)
    st.cache_resource.clear()
    st.cache_data.clear()
    datasets.load("digits")
    monkeypatch.setattr(resources, "Jobs", NoWorkers)
    opened = Store()
    yield opened
    for thread in threading.enumerate():
        if thread.name == resources.Preparation.THREAD:  # it must not write into the next home
            thread.join()
    st.cache_resource.clear()
    opened.close()


@pytest.fixture
def training(store: Store, workers: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app has workers: what waits is trained."""
    made: list[Jobs] = []

    def make_jobs(store: Store, address: str) -> Jobs:
        made.append(Jobs(store, address))
        return made[-1]

    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", workers)
    monkeypatch.setattr(resources, "Jobs", make_jobs)
    yield
    for jobs in made:
        jobs.close()
