"""Tasks in both databases: asked once, worked on once, told, cancelled, failed and lost."""

import threading
import time
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import task_execution
from scratchmlp.runs.background_tasks import Arrays
from scratchmlp.runs.database import tasks, writing
from scratchmlp.runs.store import Store

SETTINGS = {"dataset": "digits", "n": 1437}


def kind(monkeypatch: pytest.MonkeyPatch, work: Any) -> None:
    monkeypatch.setitem(task_execution.KINDS, "test", work)


def test_who_asks_for_the_same_gets_the_same(store: Store) -> None:
    first = store.tasks.ask("suspects", SETTINGS)
    again = store.tasks.ask("suspects", dict(reversed(SETTINGS.items())))
    other = store.tasks.ask("suspects", SETTINGS | {"n": 5})
    assert first == again
    assert other.id != first.id
    assert store.tasks.queued() == [first.id, other.id]
    assert store.tasks.find("map", SETTINGS) is None


def test_many_who_ask_at_once_make_one(store: Store) -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(store.tasks.ask("map", SETTINGS).id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_the_result_comes_back_as_it_went(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"x": np.arange(6.0).reshape(2, 3).T, "issue": np.array([True, False])}

    def work(store: Store, settings: dict[str, Any], tell: task_execution.Tell) -> Arrays:
        tell(3, 4)
        return arrays

    kind(monkeypatch, work)
    task = store.tasks.ask("test", SETTINGS)
    with pytest.raises(UserError, match="not done"):
        store.tasks.result(task.id)
    task_execution.execute_task(store, task.id)
    assert store.tasks.get(task.id).status == "done"
    back = store.tasks.result(task.id)
    assert all(np.array_equal(back[name], array) for name, array in arrays.items())
    assert store.tasks.ask("test", SETTINGS).status == "done"


def test_progress_is_told_and_cancelling_ends_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_execution, "INTERVAL", 0.01)
    begun = threading.Event()

    def endless(store: Store, settings: dict[str, Any], tell: task_execution.Tell) -> Arrays:
        while True:
            tell(7, 10)
            begun.set()
            time.sleep(0.001)

    kind(monkeypatch, endless)
    task = store.tasks.ask("test", SETTINGS)
    worker = threading.Thread(target=task_execution.execute_task, args=[store, task.id])
    worker.start()
    assert begun.wait(10)
    end = time.monotonic() + 10
    while store.tasks.get(task.id).done != 7:
        assert time.monotonic() < end
    store.tasks.cancel(task.id)
    worker.join(120)
    assert not worker.is_alive()
    assert store.tasks.get(task.id).status == "cancelled"
    assert store.tasks.ask("test", SETTINGS).status == "queued"


def test_a_task_is_worked_on_once(store: Store) -> None:
    task = store.tasks.ask("suspects", SETTINGS)
    assert store.tasks.claim(task.id)
    assert not store.tasks.claim(task.id)
    task_execution.execute_task(store, task.id)  # somebody else's: nothing happens
    assert store.tasks.get(task.id).status == "running"


def test_what_went_wrong_is_said_and_it_can_be_asked_again(store: Store) -> None:
    task = store.tasks.ask("suspects", {"dataset": "/nowhere"})
    with pytest.raises(UserError, match="nowhere"):
        task_execution.execute_task(store, task.id)
    failed = store.tasks.get(task.id)
    assert failed.status == "failed"
    assert "nowhere" in str(failed.error)
    again = store.tasks.ask("suspects", {"dataset": "/nowhere"})
    assert (again.id, again.status, again.error) == (task.id, "queued", None)


def test_a_silent_study_reads_as_lost(store: Store) -> None:
    task = store.tasks.ask("suspects", SETTINGS)
    store.tasks.claim(task.id)
    with writing(store._engine) as connection:
        connection.execute(sa.update(tasks).values(heartbeat=time.time() - 60))
    assert store.tasks.get(task.id).status == "lost"
    assert store.tasks.ask("suspects", SETTINGS).status == "queued"


def test_a_runs_studies_go_with_it(store: Store) -> None:
    run_id = store.create(TrainConfig())
    task = store.tasks.ask("map", {"run": run_id}, run_id)
    with writing(store._engine) as connection:
        connection.execute(sa.text("DELETE FROM runs"))
    with pytest.raises(UserError, match="not there any more"):
        store.tasks.get(task.id)


def test_doubted_labels_of_the_digits(store: Store) -> None:
    task = store.tasks.ask("suspects", SETTINGS)
    task_execution.execute_task(store, task.id)
    result = store.tasks.result(task.id)
    assert result["quality"].shape == (1437,)
    assert 0 < result["issue"].sum() < 100


def test_a_learning_rate_is_found_by_a_worker(store: Store) -> None:
    config = TrainConfig(dataset="digits", hidden=(16,))
    task = store.tasks.ask("finder", config.asdict())
    task_execution.execute_task(store, task.id)
    result = store.tasks.result(task.id)
    assert len(result["lr"]) == len(result["loss"]) == len(result["smooth"]) > 50
    assert 1e-4 < float(result["suggestion"][0]) < 0.1
    assert store.tasks.ask("finder", config.asdict()).status == "done"
