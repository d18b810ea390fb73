"""A hosted server is killed while a class uses it: after the restart all goes on where it was."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from scratchmlp.bench.server import App
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from tests.coroutines import finish
from tests.hosted.client import Client
from tests.hosted.victim import new_cookie, visitor_of

VISITORS, WAITING, WORKERS = 10, 5, 2
EPOCHS, FEW_EPOCHS = 25, 3  # of the runs that train when the server is killed, and of the others
SETTINGS = "dataset=digits&preset=post&hidden=32&batch_size=8"
PATIENCE = 120  # seconds


@pytest.fixture
def two_cores() -> Iterator[None]:
    """There are as many workers as cores."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:WORKERS])
    yield
    os.sched_setaffinity(0, cores)


@pytest.fixture
def store(closed_world: Path) -> Iterator[Store]:
    """A database with a run that all see, so that the server trains no first one."""
    closed_world.mkdir()
    opened = Store(f"sqlite:///{closed_world / 'runs.db'}")
    first = opened.create(TrainConfig(dataset="digits", epochs=1), status="running")
    execute(opened, first)
    opened.run_list.share(first, True)
    yield opened
    opened.close()


async def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


class Pupil:
    """A visitor with a run and a drawing of their own, whose label nobody else has."""

    def __init__(self, store: Store, number: int, digits: Dataset) -> None:
        self.cookie, self.number = new_cookie(), number
        self.run, self.label = "", f"drawn-by-{number}"
        epochs = EPOCHS if number < WORKERS else FEW_EPOCHS
        self.query = f"{SETTINGS}&epochs={epochs}&seed={number}"
        store.seen_by(visitor_of(self.cookie)).drawings.add(self.label, digits.test.images[number])

    async def train(self, app: App) -> None:
        tab = Client(app.url, self.cookie)
        await tab.open(self.query)
        await tab.until(lambda: "train" in tab.widgets)  # a new server prepares the data first
        await tab.press_train()
        self.run, self.query = tab.run, tab._query
        await tab.leave()

    async def come_back(self, app: App) -> None:
        """Reload Train: it shows one's own run and settings."""
        tab = Client(app.url, self.cookie)
        await tab.open(self.query)
        await tab.until(lambda: tab.card.run == self.run)
        assert f"seed={self.number}" in tab._query
        await tab.leave()

    async def look_around(self, app: App, others: set[str]) -> None:
        """One's own runs and drawings are there, and nobody else's."""
        tab = Client(app.url, self.cookie)
        try:
            await tab.look("runs")
            await tab.look("draw", f"run={self.run}")
            await tab.choose("draw_view", string_value="My drawings")
            await tab.until(lambda: tab.heard([self.label]))
            assert tab.heard([self.run, self.label]) == [self.run, self.label]
            assert tab.heard(others - {self.run, self.label}) == []
        finally:
            await tab.leave()


def kill(app: App) -> None:
    processes = [*psutil.Process(app.process.pid).children(recursive=True)]
    app.close()
    psutil.wait_procs(processes, timeout=PATIENCE)
    assert not any(process.is_running() for process in processes)


def test_all_goes_on_after_the_server_was_killed(
    two_cores: None, closed_world: Path, store: Store, digits: Dataset
) -> None:
    app = App(closed_world, SCRATCHMLP_HOSTED="1")
    try:
        pupils = [Pupil(store, number, digits) for number in range(VISITORS)]
        finish(train(app, store, pupils))
        waiting = store.queue()
        assert len(waiting) >= WAITING
        kill(app)
        assert store.queue() == waiting
        app = App(closed_world, SCRATCHMLP_HOSTED="1")
        finish(come_back(app, store, pupils, waiting))
    finally:
        app.close()
    check(store, waiting, {pupil.run for pupil in pupils})


async def train(app: App, store: Store, pupils: list[Pupil]) -> None:
    for pupil in pupils:
        await pupil.train(app)
    runs = [pupil.run for pupil in pupils]

    def have_begun() -> bool:
        training = [run for run in runs if store.run(run).status == "running"]
        return len(training) == WORKERS and all(store.last_checkpoint(run)[0] for run in training)

    await until(have_begun)


async def come_back(app: App, store: Store, pupils: list[Pupil], waiting: list[str]) -> None:
    known = {pupil.run for pupil in pupils} | {pupil.label for pupil in pupils}
    begun: dict[str, set[float]] = {pupil.run: set() for pupil in pupils}

    def are_finished() -> bool:
        found = [store.run(run) for run in begun]
        for run in found:
            begun[run.id] |= {run.started} if run.started else set()
        return all(run.status == "finished" for run in found)

    await until(lambda: store.run(waiting[0]).started)  # before anybody has opened a page
    ending = asyncio.create_task(until(are_finished))
    for pupil in pupils:
        await pupil.come_back(app)
    await ending
    for pupil in pupils:
        await pupil.look_around(app, known)
    assert {len(begun[run]) for run in waiting} == {1}  # nobody has begun one twice


def check(store: Store, waiting: list[str], all_runs: set[str]) -> None:
    """What waited was trained in its order, once; all equal runs that nobody disturbed."""
    assert sorted(waiting, key=lambda run: store.run(run).started or 0) == waiting
    for run in map(store.run, all_runs):
        steps = store.steps_array(run.id)[:, 0]
        assert np.array_equal(steps, np.arange(1, (run.total_steps or 0) + 1))
        assert len(store.epochs_since(run.id)) == run.config.epochs
    disturbed = next(iter(all_runs - set(waiting)))
    for run in map(store.run, (disturbed, waiting[0])):
        whole = store.create(run.config, status="running")
        execute(store, whole)
        assert run.test_accuracy == store.run(whole).test_accuracy
        assert store.steps_since(run.id) == store.steps_since(whole)
