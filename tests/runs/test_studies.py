"""Studies in both databases: asked once, worked on once, told, cancelled, failed and lost."""

import threading
import time
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import conduct
from scratchmlp.runs.database import studies, writing
from scratchmlp.runs.store import Store
from scratchmlp.runs.studies import Arrays

SETTINGS = {"dataset": "digits", "n": 1437}


def kind(monkeypatch: pytest.MonkeyPatch, work: Any) -> None:
    monkeypatch.setitem(conduct.KINDS, "test", work)


def test_who_asks_for_the_same_gets_the_same(store: Store) -> None:
    first = store.studies.ask("suspects", SETTINGS)
    again = store.studies.ask("suspects", dict(reversed(SETTINGS.items())))
    other = store.studies.ask("suspects", SETTINGS | {"n": 5})
    assert first == again
    assert other.id != first.id
    assert store.studies.queued() == [first.id, other.id]
    assert store.studies.find("map", SETTINGS) is None


def test_many_who_ask_at_once_make_one(store: Store) -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(store.studies.ask("map", SETTINGS).id))
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

    def work(store: Store, settings: dict[str, Any], tell: conduct.Tell) -> Arrays:
        tell(3, 4)
        return arrays

    kind(monkeypatch, work)
    study = store.studies.ask("test", SETTINGS)
    with pytest.raises(UserError, match="not done"):
        store.studies.result(study.id)
    conduct.conduct(store, study.id)
    assert store.studies.get(study.id).status == "done"
    back = store.studies.result(study.id)
    assert all(np.array_equal(back[name], array) for name, array in arrays.items())
    assert store.studies.ask("test", SETTINGS).status == "done"


def test_progress_is_told_and_cancelling_ends_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conduct, "INTERVAL", 0.01)
    begun = threading.Event()

    def endless(store: Store, settings: dict[str, Any], tell: conduct.Tell) -> Arrays:
        while True:
            tell(7, 10)
            begun.set()
            time.sleep(0.001)

    kind(monkeypatch, endless)
    study = store.studies.ask("test", SETTINGS)
    worker = threading.Thread(target=conduct.conduct, args=[store, study.id])
    worker.start()
    assert begun.wait(10)
    end = time.monotonic() + 10
    while store.studies.get(study.id).done != 7:
        assert time.monotonic() < end
    store.studies.cancel(study.id)
    worker.join(10)
    assert not worker.is_alive()
    assert store.studies.get(study.id).status == "cancelled"
    assert store.studies.ask("test", SETTINGS).status == "queued"


def test_a_study_is_worked_on_once(store: Store) -> None:
    study = store.studies.ask("suspects", SETTINGS)
    assert store.studies.claim(study.id)
    assert not store.studies.claim(study.id)
    conduct.conduct(store, study.id)  # somebody else's: nothing happens
    assert store.studies.get(study.id).status == "running"


def test_what_went_wrong_is_said_and_it_can_be_asked_again(store: Store) -> None:
    study = store.studies.ask("suspects", {"dataset": "/nowhere"})
    with pytest.raises(UserError, match="nowhere"):
        conduct.conduct(store, study.id)
    failed = store.studies.get(study.id)
    assert failed.status == "failed"
    assert "nowhere" in str(failed.error)
    again = store.studies.ask("suspects", {"dataset": "/nowhere"})
    assert (again.id, again.status, again.error) == (study.id, "queued", None)


def test_a_silent_study_reads_as_lost(store: Store) -> None:
    study = store.studies.ask("suspects", SETTINGS)
    store.studies.claim(study.id)
    with writing(store._engine) as connection:
        connection.execute(sa.update(studies).values(heartbeat=time.time() - 60))
    assert store.studies.get(study.id).status == "lost"
    assert store.studies.ask("suspects", SETTINGS).status == "queued"


def test_a_runs_studies_go_with_it(store: Store) -> None:
    run_id = store.create(TrainConfig())
    study = store.studies.ask("map", {"run": run_id}, run_id)
    with writing(store._engine) as connection:
        connection.execute(sa.text("DELETE FROM runs"))
    with pytest.raises(UserError, match="not there any more"):
        store.studies.get(study.id)


def test_doubted_labels_of_the_digits(store: Store) -> None:
    study = store.studies.ask("suspects", SETTINGS)
    conduct.conduct(store, study.id)
    result = store.studies.result(study.id)
    assert result["quality"].shape == (1437,)
    assert 0 < result["issue"].sum() < 100


def test_a_learning_rate_is_found_by_a_worker(store: Store) -> None:
    config = TrainConfig(dataset="digits", hidden=(16,))
    study = store.studies.ask("finder", config.asdict())
    conduct.conduct(store, study.id)
    result = store.studies.result(study.id)
    assert len(result["lr"]) == len(result["loss"]) == len(result["smooth"]) > 50
    assert 1e-4 < float(result["suggestion"][0]) < 0.1
    assert store.studies.ask("finder", config.asdict()).status == "done"
