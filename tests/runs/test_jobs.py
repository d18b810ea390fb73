"""A real cluster: its queue, its processes, and what happens when one is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import jobs as module
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store
from tests.conftest import ROOT

SHORT = TrainConfig(dataset="digits", epochs=3, hidden=(32,))
PATIENCE = 180  # seconds
LONG = replace(SHORT, epochs=1000, batch_size=8)


def wait(condition: Callable[[], object]) -> None:
    """Wait until the condition is true, even on a busy machine."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the condition was never met"
        time.sleep(0.02)


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture
def jobs(workers: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """The cluster that all tests share, with nothing to do and two workers."""
    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", workers)
    made = Jobs(store)
    made.wait_until_ready(PATIENCE)
    assert made._client
    made._client.wait_for_workers(2, PATIENCE)  # one may have been killed
    yield made
    for run in store.runs():
        store.cancel(run.id)
        store.send(run.id, "stop")
    wait(lambda: not any(run.status in ("running", "paused") for run in store.runs()))
    made.close()


@pytest.fixture
def others() -> set[psutil.Process]:
    """The processes of the cluster that all tests share, if it has started already."""
    return set(below(psutil.Process()))


@pytest.fixture
def own(
    others: set[psutil.Process], store: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Jobs]:
    """A cluster of one worker, whose processes end with it."""
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    made = Jobs(store, workers=1)
    yield made
    made.close()
    assert set(below(psutil.Process())) <= others


def below(process: psutil.Process) -> list[psutil.Process]:
    """The processes of a cluster that are descendants of this one."""
    return [p for p in process.children(recursive=True) if is_cluster(p)]


def is_cluster(process: psutil.Process) -> bool:
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "dask spec" in line or "spawn_main" in line


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """The processes that train, children of Dask's nannies."""
    return [p for p in below(process) if "spawn_main" in " ".join(p.cmdline())]


def submit(jobs: Jobs, store: Store, config: TrainConfig = SHORT) -> str:
    run_id = store.create(config)
    jobs.submit(run_id)
    return run_id


def test_runs_are_trained_and_the_others_wait_in_the_queue(jobs: Jobs, store: Store) -> None:
    long = [submit(jobs, store, LONG) for _ in range(2)]
    wait(lambda: all(store.run(r).status == "running" for r in long))
    waiting = [submit(jobs, store) for _ in range(3)]
    wait(lambda: all(store.steps_since(r) for r in long))
    assert store.queue() == waiting
    assert store.cancel(waiting[1])
    store.send(long[0], "stop")
    wait(lambda: store.run(waiting[2]).status == "finished")
    assert store.run(waiting[0]).status == "finished"
    assert store.run(waiting[1]).status == "stopped"
    assert store.run(waiting[1]).started is None
    assert store.run(long[1]).status == "running"


def test_a_paused_run_gives_its_place_to_the_next(jobs: Jobs, store: Store) -> None:
    long = [submit(jobs, store, LONG) for _ in range(2)]
    wait(lambda: all(store.steps_since(r) for r in long))
    for run_id in long:
        store.send(run_id, "pause")
    wait(lambda: all(store.run(r).status == "paused" for r in long))
    short = submit(jobs, store)
    wait(lambda: store.run(short).status == "finished")
    for _ in range(2):  # it has no place any more that it could give away again
        store.send(long[0], "resume")
        at = store.steps_since(long[0])[-1].step
        wait(lambda at=at: store.steps_since(long[0], at))
        store.send(long[0], "pause")
        wait(lambda: store.run(long[0]).status == "paused")


def test_a_killed_worker_fails_its_run_once_and_the_next_run_works(
    jobs: Jobs, store: Store
) -> None:
    before = {p: p.cpu_times().user for p in workers_of(psutil.Process())}
    run_id = submit(jobs, store, replace(LONG, batch_size=64))
    wait(lambda: store.epochs_since(run_id))
    starts = {store.run(run_id).started}
    busiest = max(before, key=lambda p: p.cpu_times().user - before[p])
    busiest.kill()
    wait(lambda: store.run(run_id).status == "failed")
    run = store.run(run_id)
    assert "was killed" in run.error
    assert "resume it" in run.error
    assert store.resume_point(run_id)
    steps = len(store.steps_since(run_id))
    again = submit(jobs, store)
    wait(lambda: store.run(again).status == "finished")
    starts.add(store.run(run_id).started)
    assert (store.run(run_id).status, len(starts)) == ("failed", 1)
    assert len(store.steps_since(run_id)) == steps
    checkpoint = store.last_checkpoint(run_id)
    store.requeue(run_id)
    jobs.submit(run_id)
    wait(lambda: store.steps_since(run_id, checkpoint.step))
    assert [r.step for r in store.steps_since(run_id)][: checkpoint.step + 1] == list(
        range(1, checkpoint.step + 2)
    )


def test_a_worker_reuses_the_memory_of_a_step_for_the_next(jobs: Jobs, store: Store) -> None:
    run_id = submit(jobs, store, replace(LONG, batch_size=1024, hidden=(128,)))
    wait(lambda: len(store.steps_since(run_id)) > 20)
    began, faults = store.steps_since(run_id)[-1].step, page_faults()
    wait(lambda: store.steps_since(run_id, began + 200))
    steps = store.steps_since(run_id)[-1].step - began
    assert (page_faults() - faults) / steps < 500  # a batch is 800 pages


def page_faults() -> int:
    """The number of page faults of the workers since they started."""
    stats = [Path(f"/proc/{p.pid}/stat").read_text() for p in workers_of(psutil.Process())]
    return sum(int(stat.rpartition(")")[2].split()[7]) for stat in stats)


def test_only_workers_load_torch(others: set[psutil.Process], own: Jobs) -> None:
    own.wait_until_ready(PATIENCE)
    mine = [p for p in below(psutil.Process()) if p not in others]
    with_torch = {p for p in mine if "libtorch_cpu" in maps(p)}
    assert len(mine) >= 3
    assert with_torch == set(workers_of(psutil.Process())) - others


def maps(process: psutil.Process) -> str:
    """The memory map of a process, which names the files that it has loaded."""
    return Path(f"/proc/{process.pid}/maps").read_text()


def test_everything_listens_on_loopback_only(jobs: Jobs, store: Store) -> None:
    run_id = submit(jobs, store)
    wait(lambda: store.run(run_id).status == "finished")
    processes = below(psutil.Process())
    listening = [
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 5
    assert set(listening) == {"127.0.0.1"}


APP = """
import sys, time
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import jobs as module
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store
if __name__ == "__main__":
    store = Store()
    jobs = Jobs(store, workers=1)
    jobs.wait_until_ready()
    run = store.create(TrainConfig(dataset="digits", epochs=1000, batch_size=8))
    jobs.submit(run)
    while not store.steps_since(run):
        time.sleep(0.05)
    print(run, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_app(death: signal.Signals, store: Store) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    app = subprocess.Popen(
        [sys.executable, "-c", APP], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert app.stdout
    run_id = app.stdout.readline().strip()
    processes = below(psutil.Process(app.pid))
    assert len(processes) >= 3  # a scheduler, a nanny and a worker
    app.send_signal(death)
    app.wait(PATIENCE)
    app.stdout.close()
    gone, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    assert not alive
    assert len(gone) == len(processes)
    assert store.steps_since(run_id)


def test_a_new_app_trains_the_runs_that_are_still_queued(request: pytest.FixtureRequest) -> None:
    left = request.getfixturevalue("store").create(SHORT)
    jobs = request.getfixturevalue("own")
    wait(lambda: jobs._store.run(left).status == "finished")


def test_a_missing_scheduler_is_one_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", "tcp://127.0.0.1:1")
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    jobs = Jobs(store)
    jobs.wait_until_ready()
    assert jobs.trouble
    assert "correct SCRATCHMLP_SCHEDULER" in jobs.trouble
    run_id = submit(jobs, store)
    jobs.wait_until_ready()
    assert store.run(run_id).status == "queued"
    jobs.close()


def test_a_cluster_without_workers_is_one_sentence_until_it_has_one(
    own: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORKER_SECONDS", 0.5)
    own.wait_until_ready(PATIENCE)
    own._cluster.scale(0)
    wait(lambda: not own._has_workers())
    run_id = submit(own, store)
    wait(lambda: own.trouble)
    assert "No training process has started" in str(own.trouble)
    assert store.run(run_id).status == "queued"
    own._cluster.scale(1)
    wait(lambda: store.run(run_id).status == "finished")
    wait(lambda: own.trouble is None)


def test_an_existing_cluster_is_used(
    workers: str, others: set[psutil.Process], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", workers)
    guest = Jobs(store)
    run_id = submit(guest, store)
    wait(lambda: store.run(run_id).status == "finished")
    guest.close()
    assert set(below(psutil.Process())) == others


def test_a_lost_scheduler_does_not_end_the_watcher(
    own: Jobs, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`trouble` says that there is no worker."""
    monkeypatch.setattr(module, "WORKER_SECONDS", 0.5)
    own.wait_until_ready(PATIENCE)
    own._cluster.close()
    submit(own, store)
    wait(lambda: own.trouble)
    assert own._watcher and own._watcher.is_alive()


def test_a_task_whose_worker_was_killed_fails_and_can_be_requested_again(
    jobs: Jobs, store: Store
) -> None:
    settings = {"dataset": "digits", "n": 1437}
    task = store.tasks.request("suspects", settings)
    jobs.submit_task(task.id)
    wait(lambda: store.tasks.get(task.id).status == "running")
    for worker in workers_of(psutil.Process()):
        worker.kill()
    wait(lambda: store.tasks.get(task.id).status == "failed")
    assert "was killed" in str(store.tasks.get(task.id).error)
    jobs.submit_task(store.tasks.request("suspects", settings).id)
    wait(lambda: store.tasks.get(task.id).status == "done")
    assert store.tasks.result(task.id)["quality"].shape == (1437,)
