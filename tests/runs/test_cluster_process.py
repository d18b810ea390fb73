"""A cluster whose processes are copies of the app: what they share, and how they and it end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store
from tests.conftest import ROOT
from tests.runs.cluster import PATIENCE, rest, wait

APP = """
import socket, sys, time
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.cluster import LOOPBACK, LocalCluster
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store
if __name__ == "__main__":
    url, what = sys.argv[1:]
    server, workers = socket.create_server((LOOPBACK, 0)), LocalCluster(1)
    if what == "trains":
        workers.start_as_copies()
    store = Store(url)
    run = store.create(TrainConfig(dataset="digits", epochs=1000, batch_size=8))
    jobs = Jobs(store, workers)
    while not workers._workers[0].is_alive:
        time.sleep(0.01)
    while what == "trains" and not store.epochs_since(run):
        time.sleep(0.05)
    print(run, server.getsockname()[1], flush=True)
    time.sleep(600)
"""


class App(subprocess.Popen):
    """An app without pages that trains one run; its workers are copies, or only start."""

    def __init__(self, what: str, home: Path) -> None:
        self.database = f"sqlite:///{home / f'{what}.db'}"
        program = [sys.executable, "-c", APP, self.database, what]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "SCRATCHMLP_HOME": str(home)}
        super().__init__(program, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.stdout
        self.run_id, port = self.stdout.readline().split()
        self.port = int(port)

    def processes(self) -> list[psutil.Process]:
        """Its scheduler and its worker."""
        return sorted(psutil.Process(self.pid).children(), key=lambda process: process.pid)

    def end(self, how: signal.Signals) -> None:
        self.send_signal(how)
        self.wait(PATIENCE)
        assert self.stdout
        self.stdout.close()


@pytest.fixture(scope="module")
def apps() -> Iterator[list[App]]:
    """Those that the tests of this module have started."""
    started: list[App] = []
    yield started
    for app in started:
        if app.poll() is None:
            app.end(signal.SIGKILL)


@pytest.fixture
def copies(apps: list[App], tmp_path: Path) -> App:
    """An app whose scheduler and worker are copies of it."""
    if not apps or apps[-1].poll() is not None:
        apps.append(App("trains", tmp_path))
    return apps[-1]


@pytest.fixture
def store(copies: App) -> Iterator[Store]:
    opened = Store(copies.database)
    yield opened
    opened.close()


def test_copies_share_what_the_app_has_loaded_but_not_its_socket(copies: App) -> None:
    _, worker = copies.processes()
    [torch] = [part for part in worker.memory_maps() if "libtorch_cpu" in part.path]
    assert torch.shared_dirty > 10 * torch.private_dirty  # in a program of its own it shares none
    ports = [
        connection.laddr.port
        for process in copies.processes()
        for connection in process.net_connections(kind="inet")
    ]
    assert len(ports) > 3
    assert copies.port not in ports


def test_a_killed_copy_is_replaced_and_its_run_goes_on(copies: App, store: Store) -> None:
    for killed in (1, 0):  # the worker, then the scheduler
        process = copies.processes()[killed]
        process.kill()
        step = store.steps_since(copies.run_id)[-1].step
        wait(lambda process=process: process not in copies.processes())
        wait(lambda step=step: store.steps_since(copies.run_id, step))
        wait(lambda: len(copies.processes()) == 2)


def test_no_process_outlives_the_app_and_the_next_app_goes_on_with_its_run(
    copies: App, store: Store, tmp_path: Path, workers: str
) -> None:
    """Two apps die: one trains, the processes of the other only start."""
    starting = App("starts", tmp_path)
    processes = copies.processes() + starting.processes()
    assert len(processes) == 4
    copies.end(signal.SIGKILL)
    starting.end(signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    assert not alive
    step = store.steps_since(copies.run_id)[-1].step
    next_app = Jobs(store, workers)
    wait(lambda: store.steps_since(copies.run_id, step))
    rest(store)
    next_app.close()
