"""Background tasks are done: their results, their progress, their errors."""

import threading
import time
from typing import Any

import numpy as np
import pytest

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import task_execution
from scratchmlp.runs.background_tasks import Arrays
from scratchmlp.runs.store import Store
from scratchmlp.runs.task_execution import OnProgress

SETTINGS = {"dataset": "digits", "n": 1437}


def do(store: Store) -> None:
    """Do the next task as a worker does."""
    item = store.work.claim_next()
    assert item
    task_execution.execute_task(store, item.id)


def kind(monkeypatch: pytest.MonkeyPatch, work: Any) -> None:
    monkeypatch.setitem(task_execution.KINDS, "test", work)


def test_the_result_of_a_task_can_be_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"x": np.arange(6.0).reshape(2, 3).T, "issue": np.array([True, False])}

    def work(store: Store, settings: dict[str, Any], on_progress: OnProgress) -> Arrays:
        on_progress(3, 4)
        return arrays

    kind(monkeypatch, work)
    task = store.tasks.request("test", SETTINGS)
    with pytest.raises(UserError, match="not done"):
        store.tasks.result(task.id)
    do(store)
    assert store.tasks.get(task.id).status == "done"
    back = store.tasks.result(task.id)
    assert all(np.array_equal(back[name], array) for name, array in arrays.items())
    assert store.tasks.request("test", SETTINGS).status == "done"


def test_a_task_reports_its_progress_and_can_be_cancelled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_execution, "REPORT_INTERVAL", 0.01)
    begun = threading.Event()

    def endless(store: Store, settings: dict[str, Any], on_progress: OnProgress) -> Arrays:
        while True:
            on_progress(7, 10)
            begun.set()
            time.sleep(0.001)

    kind(monkeypatch, endless)
    task = store.tasks.request("test", SETTINGS)
    worker = threading.Thread(target=do, args=[store])
    worker.start()
    assert begun.wait(120)
    end = time.monotonic() + 120
    while store.tasks.get(task.id).done != 7:
        assert time.monotonic() < end
    store.tasks.cancel(task.id)
    worker.join(120)
    assert not worker.is_alive()
    assert store.tasks.get(task.id).status == "cancelled"
    assert store.tasks.request("test", SETTINGS).status == "queued"


def test_a_failed_task_has_an_error_and_can_be_requested_again(store: Store) -> None:
    task = store.tasks.request("suspects", {"dataset": "/nowhere"})
    with pytest.raises(UserError, match="nowhere"):
        do(store)
    failed = store.tasks.get(task.id)
    assert failed.status == "failed"
    assert "nowhere" in str(failed.error)
    again = store.tasks.request("suspects", {"dataset": "/nowhere"})
    assert (again.id, again.status, again.error) == (task.id, "queued", None)


def test_label_errors_of_the_digits_are_found(store: Store) -> None:
    task = store.tasks.request("suspects", SETTINGS)
    do(store)
    result = store.tasks.result(task.id)
    assert result["quality"].shape == (1437,)
    assert 0 < result["issue"].sum() < 100


def test_a_task_finds_a_learning_rate(store: Store) -> None:
    config = TrainConfig(dataset="digits", hidden=(16,))
    task = store.tasks.request("finder", config.asdict())
    do(store)
    result = store.tasks.result(task.id)
    assert len(result["lr"]) == len(result["loss"]) == len(result["smooth"]) > 50
    assert 1e-4 < float(result["suggestion"][0]) < 0.1
    assert store.tasks.request("finder", config.asdict()).status == "done"
