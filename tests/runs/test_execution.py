"""A run of the store is trained: what is written, and how it ends."""

import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import torch
from PIL import Image

from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.events import Finished, Step
from scratchmlp.net.model import flat
from scratchmlp.runs import checkpoint_file, database, execution, recorder, tables
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from tests.runs.training import SHORT, start


def test_a_finished_run_is_stored_completely(store: Store, digits: Dataset) -> None:
    run_id, events = start(store, SHORT), []
    end = execute(store, run_id, events.append)
    run = store.run(run_id)
    assert isinstance(end, Finished)
    assert run.status == "finished"
    assert run.total_steps == len(store.steps_since(run_id)) == 36
    assert [row.loss for row in store.steps_since(run_id)] == [
        e.loss for e in events if isinstance(e, Step)
    ]
    epochs = store.epochs_since(run_id)
    assert [row.epoch for row in epochs] == [1, 2, 3, 4]
    assert run.train_seconds == pytest.approx(sum(row.seconds for row in epochs))
    best = max(epochs, key=lambda row: (row.valid_accuracy, -row.valid_loss))
    assert run.best_epoch == best.epoch
    network = store.network(run_id)
    assert (network.step, network.epoch, network.classes) == (36, 4, digits.classes)
    assert 0.5 < run.test_accuracy < 1


def test_without_validation_the_best_epoch_is_the_last(store: Store) -> None:
    run_id = start(store, replace(SHORT, valid_pct=0.0))
    execute(store, run_id)
    assert store.run(run_id).best_epoch == 4


def test_the_heartbeat_continues_during_the_evaluation(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(recorder, "HEARTBEAT_INTERVAL", 0.0)
    run_id, beats = start(store, SHORT), []

    def slow(*args: object) -> tuple[float, float]:
        before = store.run(run_id).heartbeat
        for _ in range(1000):
            if store.run(run_id).heartbeat > before:
                break
            threading.Event().wait(0.01)
        beats.append(store.run(run_id).heartbeat - before)
        return 0.1, 0.9

    monkeypatch.setattr(execution.Network, "evaluate", slow)
    execute(store, run_id)
    assert beats[0] > 0
    assert store.run(run_id).test_accuracy == 0.9


def test_weights_that_are_not_finite_end_the_run_with_the_epoch(store: Store) -> None:
    """Here a probability of exp(-96) has a finite logarithm, but its inverse is infinite."""
    plain = replace(presets.find("plain-softmax").config, dataset="digits", epochs=1)
    run_id = start(store, replace(plain, init_std=0.44, batch_size=8192, seed=3))
    execute(store, run_id)
    run = store.run(run_id)
    assert (run.status, run.error) == ("diverged", "The weights became NaN at step 1.")
    assert len(store.steps_since(run_id)) == 1
    assert run.test_accuracy is None


def test_a_resumed_run_equals_an_uninterrupted_one(store: Store) -> None:
    whole, parts = start(store, SHORT), start(store, SHORT)
    execute(store, whole)
    stop, steps = threading.Event(), []

    def stop_at_14(event: object) -> None:
        steps.append(event)
        if isinstance(event, Step) and event.step == 14:
            stop.set()

    execute(store, parts, stop_at_14, stop=stop)
    assert store.run(parts).status == "stopped"
    store.requeue(parts)
    assert store.claim(parts)
    execute(store, parts)
    assert store.run(parts).status == "finished"
    assert store.steps_since(parts) == store.steps_since(whole)
    a, b = (store.network(run_id) for run_id in (parts, whole))
    assert all(torch.equal(x, y) for x, y in zip(flat(a.params), flat(b.params), strict=True))
    assert store.run(parts).test_accuracy == store.run(whole).test_accuracy


def test_a_diverged_run_keeps_its_curve(store: Store) -> None:
    config = replace(presets.find("lr-too-high").config, dataset="digits", epochs=50)
    run_id = start(store, config)
    end = execute(store, run_id)
    run = store.run(run_id)
    assert run.status == "diverged"
    assert f"at step {end.step:,}" in run.error
    assert [row.step for row in store.steps_since(run_id)] == list(range(1, end.step))
    assert run.test_accuracy is None


@pytest.mark.parametrize("change", ["a class", "a picture"])
def test_a_run_cannot_resume_if_its_dataset_has_changed(
    store: Store, tmp_path: Path, change: str
) -> None:
    def put(name: str, n: int) -> None:
        for part in ("training", "testing"):
            (tmp_path / part / name).mkdir(parents=True, exist_ok=True)
            for i in range(n):
                picture = Image.new("L", (28, 28))
                picture.putpixel((9, i), 255)
                picture.save(tmp_path / part / name / f"{i}.png")

    put("a", 4)
    put("b", 4)
    stop = threading.Event()
    run_id = start(store, replace(SHORT, dataset=str(tmp_path), batch_size=2, epochs=9))
    execute(store, run_id, lambda event: stop.set(), stop=stop)
    put(*(("c", 2) if change == "a class" else ("a", 8)))
    store.requeue(run_id, status="running")
    with pytest.raises(UserError, match="has changed since this run began"):
        execute(store, run_id)
    assert store.run(run_id).status == "failed"


def test_a_run_cannot_resume_without_its_training_state(store: Store) -> None:
    stop = threading.Event()
    run_id = start(store, SHORT)
    execute(store, run_id, lambda event: stop.set(), stop=stop)
    with database.write_transaction(store._engine) as connection:
        connection.execute(sa.update(tables.checkpoints).values(progress=b""))
    store.requeue(run_id, status="running")
    with pytest.raises(UserError, match=r"training state of run .* is not in the database"):
        execute(store, run_id)
    assert store.run(run_id).status == "failed"


def test_a_missing_dataset_fails_the_run_with_one_sentence(store: Store) -> None:
    run_id = start(store, replace(SHORT, dataset="/no/such/folder"))
    with pytest.raises(UserError, match="is not a dataset"):
        execute(store, run_id)
    run = store.run(run_id)
    assert run.status == "failed"
    assert "is not a dataset" in run.error


def test_a_full_disk_is_one_sentence_and_the_network_is_saved_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.3)
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    run_id = start(store, SHORT)
    store._engine.dispose()
    limit = "PRAGMA max_page_count = 40"
    sa.event.listen(store._engine, "connect", lambda connection, _: connection.execute(limit))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(UserError, match=r"the disk is full.*network is saved in") as raised:
        execute(store, run_id)
    assert store.run(run_id).config == SHORT
    [file] = tmp_path.glob("net-*.safetensors")
    assert str(file) in str(raised.value)
    assert checkpoint_file.loads(file.read_bytes()).epoch == SHORT.epochs
    store.close()
