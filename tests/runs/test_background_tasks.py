"""Background tasks in both databases: requested once, claimed once, lost, deleted."""

import threading
import time

import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.database import write_transaction
from scratchmlp.runs.store import Store
from scratchmlp.runs.tables import tasks

SETTINGS = {"dataset": "digits", "n": 1437}


def test_the_same_request_returns_the_same_task(store: Store) -> None:
    first = store.tasks.request("suspects", SETTINGS)
    again = store.tasks.request("suspects", dict(reversed(SETTINGS.items())))
    other = store.tasks.request("suspects", SETTINGS | {"n": 5})
    assert first == again
    assert other.id != first.id
    assert store.work.waiting() == [("task", first.id), ("task", other.id)]
    assert store.tasks.find("map", SETTINGS) is None


def test_simultaneous_requests_make_one_task(store: Store) -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(store.tasks.request("map", SETTINGS).id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_a_task_is_done_by_one_process(store: Store) -> None:
    task = store.tasks.request("suspects", SETTINGS)
    assert store.work.claim_next() == ("task", task.id)
    assert store.work.claim_next() is None
    assert store.tasks.get(task.id).status == "running"


def test_a_task_without_a_heartbeat_is_lost(store: Store) -> None:
    task = store.tasks.request("suspects", SETTINGS)
    store.work.claim_next()
    with write_transaction(store._engine) as connection:
        connection.execute(sa.update(tasks).values(heartbeat=time.time() - 60))
    assert store.tasks.get(task.id).status == "lost"
    assert store.tasks.request("suspects", SETTINGS).status == "queued"


def test_the_tasks_of_a_run_are_deleted_with_it(store: Store) -> None:
    run_id = store.create(TrainConfig())
    task = store.tasks.request("map", {"run": run_id}, run_id)
    with write_transaction(store._engine) as connection:
        connection.execute(sa.text("DELETE FROM runs"))
    with pytest.raises(UserError, match="does not exist any more"):
        store.tasks.get(task.id)
