"""A real cluster: its queue, its processes, and how all goes on when one of them is killed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat
from scratchmlp.runs import jobs as module
from scratchmlp.runs.cluster import LocalCluster
from scratchmlp.runs.execution import execute
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Store
from tests.runs.cluster import PATIENCE, below, line, rest, wait, workers_in

SHORT = TrainConfig(dataset="digits", epochs=3, hidden=(32,))
LONG = replace(SHORT, epochs=1000, batch_size=8)
MIDDLE = replace(SHORT, epochs=40, batch_size=16)


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture
def jobs(workers: str, store: Store) -> Iterator[Jobs]:
    """The cluster that all tests share, with nothing to do and two workers."""
    made = Jobs(store, workers)
    made.wait_until_ready(PATIENCE)
    wait(lambda: len(made._threads()) == 2)  # another test may have killed a worker
    yield made
    rest(store)
    made.close()


class Own:
    """A cluster of one worker; a run waited already when it started."""

    def __init__(self, home: Path) -> None:
        self.others = set(below(psutil.Process()))
        self.store = Store(f"sqlite:///{home / 'runs.db'}")
        self.left = self.store.create(SHORT)
        self.jobs = Jobs(self.store, LocalCluster(1))
        self.jobs.wait_until_ready(PATIENCE)

    def processes(self) -> list[psutil.Process]:
        return [process for process in below(psutil.Process()) if process not in self.others]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONWARNINGS", "ignore")
        made = Own(tmp_path_factory.mktemp("own"))
    yield made
    made.jobs.close()
    assert not made.processes()
    made.store.close()


def submit(jobs: Jobs, store: Store, config: TrainConfig = SHORT) -> str:
    run_id = store.create(config)
    jobs.wake()
    return run_id


def assert_undisturbed(store: Store, run_id: str) -> None:
    """The run equals one that trains here, bit for bit."""
    run = store.run(run_id)
    whole = store.create(run.config, status="running")
    execute(store, whole)
    assert (run.status, run.test_accuracy) == ("finished", store.run(whole).test_accuracy)
    assert store.steps_since(run_id) == store.steps_since(whole)
    a, b = (store.network(name) for name in (run_id, whole))
    assert all(torch.equal(x, y) for x, y in zip(flat(a.params), flat(b.params), strict=True))


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


def test_what_killed_workers_did_goes_on_by_itself(jobs: Jobs, store: Store) -> None:
    """A run as if it had not been disturbed; a task from its start."""
    run_id = submit(jobs, store, MIDDLE)
    wait(lambda: store.epochs_since(run_id))
    task = store.tasks.request("suspects", {"dataset": "digits", "n": 1437})
    jobs.wake()
    wait(lambda: store.tasks.get(task.id).status == "running")
    assert store.run(run_id).status == "running"
    for worker in workers_in(below(psutil.Process())):
        worker.kill()
    wait(lambda: store.run(run_id).status == "finished")
    wait(lambda: store.tasks.get(task.id).status == "done")
    assert_undisturbed(store, run_id)
    assert store.tasks.result(task.id)["quality"].shape == (1437,)


def test_a_worker_reuses_the_memory_of_a_step_for_the_next(jobs: Jobs, store: Store) -> None:
    run_id = submit(jobs, store, replace(LONG, batch_size=1024, hidden=(128,)))
    wait(lambda: len(store.steps_since(run_id)) > 20)
    began, faults = store.steps_since(run_id)[-1].step, page_faults()
    wait(lambda: store.steps_since(run_id, began + 200))
    steps = store.steps_since(run_id)[-1].step - began
    assert (page_faults() - faults) / steps < 500  # a batch is 800 pages


def page_faults() -> int:
    """The number of page faults of the workers since they started."""
    workers = workers_in(below(psutil.Process()))
    stats = [Path(f"/proc/{p.pid}/stat").read_text() for p in workers]
    return sum(int(stat.rpartition(")")[2].split()[7]) for stat in stats)


def test_everything_listens_on_loopback_only(jobs: Jobs, store: Store) -> None:
    run_id = submit(jobs, store)
    wait(lambda: store.run(run_id).status == "finished")
    listening = [
        connection.laddr.ip
        for process in below(psutil.Process())
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {"127.0.0.1"}


def test_a_run_that_waited_before_the_app_started_is_trained(own: Own) -> None:
    wait(lambda: own.store.run(own.left).status == "finished")


def test_only_workers_load_torch(own: Own) -> None:
    with_torch = [p for p in own.processes() if "libtorch_cpu" in maps(p)]
    assert len(own.processes()) == 2
    assert with_torch == workers_in(own.processes())


def maps(process: psutil.Process) -> str:
    """The memory map of a process, which names the files that it has loaded."""
    return Path(f"/proc/{process.pid}/maps").read_text()


def test_a_cluster_without_workers_is_one_sentence_until_it_has_one(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORKER_SECONDS", 0.5)
    with monkeypatch.context() as no_worker_starts:
        no_worker_starts.setattr(own.jobs._cluster, "heal", lambda: None)
        for worker in workers_in(own.processes()):
            worker.kill()
        wait(lambda: not own.jobs._threads())
        run_id = submit(own.jobs, own.store)
        wait(lambda: own.jobs.trouble)
        assert "No training process has started" in str(own.jobs.trouble)
        assert own.store.run(run_id).status == "queued"
    wait(lambda: own.store.run(run_id).status == "finished")
    wait(lambda: own.jobs.trouble is None)


def test_a_run_and_the_queue_go_on_after_the_scheduler_was_killed(own: Own) -> None:
    run_id = submit(own.jobs, own.store, MIDDLE)
    wait(lambda: own.store.epochs_since(run_id))
    waiting = submit(own.jobs, own.store)
    [scheduler] = [p for p in own.processes() if "distributed.Scheduler" in line(p)]
    scheduler.kill()
    wait(lambda: own.store.run(run_id).status == "finished")
    wait(lambda: own.store.run(waiting).status == "finished")
    assert_undisturbed(own.store, run_id)


def test_a_missing_scheduler_is_one_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    jobs = Jobs(store, "tcp://127.0.0.1:1")
    jobs.wait_until_ready()
    assert "correct SCRATCHMLP_SCHEDULER" in str(jobs.trouble)
    run_id = submit(jobs, store)
    jobs.close()
    assert store.run(run_id).status == "queued"
