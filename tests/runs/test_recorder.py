"""A run in the store, trained here: what is written, and that it obeys."""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import torch
from PIL import Image

from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Finished, Step, Stopped
from scratchmlp.net.model import flat
from scratchmlp.runs import checkpoint_file, database, execution, recorder, records
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store, Update

SHORT = TrainConfig(dataset="digits", epochs=4, hidden=(32,))
LONG = replace(SHORT, epochs=1000, batch_size=32)


def start(store: Store, config: TrainConfig) -> str:
    return store.create(config, status="running")


class Background:
    """A run that trains in a thread until the test is over."""

    def __init__(self, store: Store, config: TrainConfig) -> None:
        self.store, self.run_id = store, start(store, config)
        self.paused, self.stop = threading.Event(), threading.Event()
        self.end: object = None
        self.error: UserError | None = None
        self.thread = threading.Thread(target=self._train)
        self.thread.start()
        self.until(lambda: self.last_step() > 0)

    def _train(self) -> None:
        try:
            self.end = execute(self.store, self.run_id, on_pause=self.paused.set, stop=self.stop)
        except UserError as error:
            self.error = error

    def last_step(self) -> int:
        rows = self.store.steps_since(self.run_id)
        return rows[-1].step if rows else 0

    def until(self, condition, seconds: float = 120.0) -> float:  # type: ignore[no-untyped-def]
        """Wait for a condition, and return how long that took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds, "it did not happen"
            threading.Event().wait(0.005)
        return time.monotonic() - began

    def status(self) -> str:
        return self.store.run(self.run_id).status


@pytest.fixture
def background(store: Store) -> Iterator[Background]:
    running = Background(store, LONG)
    yield running
    running.stop.set()
    running.thread.join()


def test_a_run_is_written_down_whole(store: Store, digits: Dataset) -> None:
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
    kept = store.network(run_id)
    assert (kept.step, kept.epoch, kept.classes) == (36, 4, digits.classes)
    assert 0.5 < run.test_accuracy < 1


def test_without_validation_the_best_epoch_is_the_last(store: Store) -> None:
    run_id = start(store, replace(SHORT, valid_pct=0.0))
    execute(store, run_id)
    assert store.run(run_id).best_epoch == 4


def test_stop_is_obeyed_and_keeps_what_was_learned(background: Background) -> None:
    background.store.send(background.run_id, "stop")
    background.thread.join(120)
    assert isinstance(background.end, Stopped)
    run = background.store.run(background.run_id)
    assert run.status == "stopped"
    assert run.test_accuracy is not None
    kept = checkpoint_file.loads(background.store.checkpoint(run.id))
    assert kept.step == background.last_step() == background.end.state.step


def test_pause_and_resume_are_obeyed(background: Background) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "pause")
    background.until(lambda: background.status() == "paused")
    assert background.paused.is_set()
    at = background.last_step()
    threading.Event().wait(0.3)
    assert background.last_step() == at
    assert store.run(run_id).heartbeat > time.time() - 2.5
    store.send(run_id, "resume")
    background.until(lambda: background.status() == "running")
    background.until(lambda: background.last_step() > at)


def test_a_new_learning_rate_is_marked_where_it_took_effect(background: Background) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "lr", 0.02)
    background.until(lambda: store.applied(run_id))
    [(kind, value, step)] = store.applied(run_id)
    assert (kind, value) == ("lr", 0.02)
    background.until(lambda: background.last_step() > step + 5)
    rates = {row.step: row.lr for row in store.steps_since(run_id)}
    change = rates[step + 1] / rates[step]
    assert change == pytest.approx(0.02 / LONG.lr, rel=0.02)


def test_a_learning_rate_sent_in_a_pause_waits_for_its_end(background: Background) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "pause")
    background.until(lambda: background.status() == "paused")
    at = background.last_step()
    store.send(run_id, "lr", 0.02)
    background.until(lambda: len(store.applied(run_id)) == 2)
    threading.Event().wait(0.2)
    assert background.last_step() == at
    store.send(run_id, "resume")
    background.until(lambda: background.last_step() > at)
    rates = {row.step: row.lr for row in store.steps_since(run_id)}
    assert rates[at + 1] / rates[at] == pytest.approx(0.02 / LONG.lr, rel=0.02)


def test_obeying_takes_less_than_a_fifth_of_a_second(background: Background) -> None:
    """The median of five: one look of the thread at the store, whatever the run is doing."""
    store, run_id = background.store, background.run_id
    taken = []
    for kind in ("pause", "resume") * 3:
        store.send(run_id, kind)
        taken.append(background.until(lambda: not store.pending(run_id)))
    assert sorted(taken)[len(taken) // 2] < 0.2


def test_a_learning_rate_of_a_pause_outlasts_a_stop(background: Background) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "pause")
    background.until(lambda: background.status() == "paused")
    store.send(run_id, "lr", 0.02)
    store.send(run_id, "stop")
    background.thread.join()
    network, progress = store.resumable(run_id)
    state = checkpoint_file.load_state(checkpoint_file.loads(network), progress)
    assert state.lr == 0.02


def test_a_run_that_was_resumed_elsewhere_is_let_go(
    background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that slept for long wakes up: the run is somebody else's by now."""
    store, run_id = background.store, background.run_id
    with monkeypatch.context() as asleep:
        asleep.setattr(recorder, "BEAT", 1000.0)
        asleep.setattr(records, "LOST_AFTER", -1.0)
        store.requeue(run_id, status="running")
    claimed = store.run(run_id).started
    background.thread.join(120)
    assert not background.thread.is_alive()
    assert "has been resumed or deleted elsewhere" in str(background.error)
    run = store.run(run_id)
    assert (run.status, run.started, run.error) == ("running", claimed, None)
    step, _ = store.last_checkpoint(run_id)
    assert len(store.steps_since(run_id)) == step
    store.record(run_id, Update(steps=[{"step": step + 1, "loss": 1.0, "lr": 0.1}]), claimed)


def test_a_run_lives_while_it_is_measured(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its heart beats on until the figures on the test split are there."""
    monkeypatch.setattr(recorder, "BEAT", 0.0)
    run_id, beats = start(store, SHORT), []

    def slow(*args: object) -> tuple[float, float]:
        before = store.run(run_id).heartbeat
        for _ in range(1000):
            if store.run(run_id).heartbeat > before:
                break
            threading.Event().wait(0.01)
        beats.append(store.run(run_id).heartbeat - before)
        return 0.1, 0.9

    monkeypatch.setattr(execution.training, "evaluate", slow)
    execute(store, run_id)
    assert beats[0] > 0
    assert store.run(run_id).test_accuracy == 0.9


def test_weights_that_are_no_numbers_end_a_run_with_its_epoch(store: Store) -> None:
    """Here a probability of exp(-96) has a finite logarithm, and its inverse is infinite."""
    plain = replace(presets.find("plain-softmax").config, dataset="digits", epochs=1)
    run_id = start(store, replace(plain, init_std=0.44, batch_size=8192, seed=3))
    execute(store, run_id)
    run = store.run(run_id)
    assert (run.status, run.error) == ("diverged", "The weights became not a number at step 1.")
    assert len(store.steps_since(run_id)) == 1
    assert run.test_accuracy is None


def test_resumed_is_the_run_it_would_have_been(store: Store) -> None:
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
def test_pictures_that_have_changed_are_no_way_to_go_on(
    store: Store, tmp_path: Path, change: str
) -> None:
    def put(name: str, n: int) -> None:
        for part in ("training", "testing"):
            (tmp_path / part / name).mkdir(parents=True, exist_ok=True)
            for i in range(n):
                Image.new("L", (28, 28), 10 * i).save(tmp_path / part / name / f"{i}.png")

    put("a", 4)
    put("b", 4)
    stop = threading.Event()
    run_id = start(store, replace(SHORT, dataset=str(tmp_path), batch_size=2, epochs=9))
    execute(store, run_id, lambda event: stop.set(), stop=stop)
    put(*(("c", 2) if change == "a class" else ("a", 8)))
    store.requeue(run_id, status="running")
    with pytest.raises(UserError, match="have changed since this run began"):
        execute(store, run_id)
    assert store.run(run_id).status == "failed"


def test_half_a_checkpoint_is_no_way_to_go_on(store: Store) -> None:
    stop = threading.Event()
    run_id = start(store, SHORT)
    execute(store, run_id, lambda event: stop.set(), stop=stop)
    with database.writing(store._engine) as connection:
        connection.execute(sa.update(database.checkpoints).values(progress=b""))
    store.requeue(run_id, status="running")
    with pytest.raises(UserError, match="needs to go on is not in the database"):
        execute(store, run_id)
    assert store.run(run_id).status == "failed"


def test_a_dataset_that_has_gone_fails_the_run_in_a_sentence(store: Store) -> None:
    run_id = start(store, replace(SHORT, dataset="/no/such/folder"))
    with pytest.raises(UserError, match="is not a dataset"):
        execute(store, run_id)
    run = store.run(run_id)
    assert run.status == "failed"
    assert "is not a dataset" in run.error


def test_a_lock_of_seconds_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    background = Background(store, replace(SHORT, epochs=150))
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    background.thread.join(1)
    other.execute("ROLLBACK")
    other.close()
    background.thread.join(30)
    run = store.run(background.run_id)
    assert run.status == "finished"
    assert len(store.steps_since(run.id)) == run.total_steps
    store.close()


def test_a_disk_that_stays_full_ends_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "PATIENCE", 0.3)
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    run_id = start(store, SHORT)
    store._engine.dispose()
    limit = "PRAGMA max_page_count = 40"
    sa.event.listen(store._engine, "connect", lambda connection, _: connection.execute(limit))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(UserError, match=r"the disk is full.*network is kept in") as told:
        execute(store, run_id)
    assert store.run(run_id).config == SHORT
    [file] = tmp_path.glob("net-*.safetensors")
    assert str(file) in str(told.value)
    assert checkpoint_file.loads(file.read_bytes()).epoch == SHORT.epochs
    store.close()
