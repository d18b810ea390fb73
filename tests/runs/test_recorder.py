"""A run that trains obeys the commands in the store, and waits for a store that is locked."""

import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from scratchmlp.net.events import Step, Stopped
from scratchmlp.runs import checkpoint_file, database, recorder, records
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store, Update
from scratchmlp.runs.tables import commands
from tests.runs.training import LONG, SHORT, BackgroundRun, start


def test_stop_ends_the_run_and_saves_its_network(background: BackgroundRun) -> None:
    background.store.send(background.run_id, "stop")
    background.thread.join(120)
    assert isinstance(background.final_event, Stopped)
    run = background.store.run(background.run_id)
    assert run.status == "stopped"
    assert run.test_accuracy is not None
    network = background.store.network(run.id)
    assert network.step == background.last_step() == background.final_event.state.step


def test_pause_and_resume_take_effect(background: BackgroundRun) -> None:
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


def test_a_new_learning_rate_is_stored_with_the_step_of_its_effect(
    background: BackgroundRun,
) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "lr", 0.02)
    background.until(lambda: store.applied_commands(run_id))
    [(kind, value, step)] = store.applied_commands(run_id)
    assert (kind, value) == ("lr", 0.02)
    background.until(lambda: background.last_step() > step + 5)
    rates = {row.step: row.lr for row in store.steps_since(run_id)}
    change = rates[step + 1] / rates[step]
    assert change == pytest.approx(0.02 / LONG.lr, rel=0.02)


def test_a_learning_rate_sent_during_a_pause_takes_effect_after_it(
    background: BackgroundRun,
) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "pause")
    background.until(lambda: background.status() == "paused")
    at = background.last_step()
    store.send(run_id, "lr", 0.02)
    background.until(lambda: len(store.applied_commands(run_id)) == 2)
    threading.Event().wait(0.2)
    assert background.last_step() == at
    store.send(run_id, "resume")
    background.until(lambda: background.last_step() > at)
    rates = {row.step: row.lr for row in store.steps_since(run_id)}
    assert rates[at + 1] / rates[at] == pytest.approx(0.02 / LONG.lr, rel=0.02)


def test_a_command_takes_effect_at_the_next_flush(
    background: BackgroundRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One flush reads it and the next writes that it was applied, a tenth of a second each.

    The test counts flushes and not seconds, because a busy machine is slow. Two more flushes may
    come: one that runs while the command is sent, one before the training thread continues.
    """
    assert recorder.FLUSH_INTERVAL <= 0.1
    store, run_id, flush = background.store, background.run_id, recorder.Recorder.flush
    applied: list[int] = []

    def counted(self: recorder.Recorder) -> None:
        flush(self)
        applied.append(len(store.applied_commands(run_id)))

    monkeypatch.setattr(recorder, "FLUSH_INTERVAL", 1.0)
    monkeypatch.setattr(recorder.Recorder, "flush", counted)
    for sent, kind in enumerate(("pause", "resume"), start=1):
        before = len(applied)
        store.send(run_id, kind)
        background.until(lambda: max(applied, default=0) >= sent)  # noqa: B023
        assert [count >= sent for count in applied[before:]].index(True) < 4


def test_a_learning_rate_sent_during_a_pause_survives_a_stop(background: BackgroundRun) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "pause")
    background.until(lambda: background.status() == "paused")
    store.send(run_id, "lr", 0.02)
    store.send(run_id, "stop")
    background.thread.join()
    point = store.resume_point(run_id)
    state = checkpoint_file.load_state(checkpoint_file.loads(point.network), point.training_state)
    assert state.lr == 0.02


def test_a_process_stops_training_a_run_that_was_resumed_elsewhere(
    background: BackgroundRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process wakes up after a long sleep: another process has claimed the run since."""
    store, run_id = background.store, background.run_id
    with monkeypatch.context() as asleep:
        asleep.setattr(recorder, "HEARTBEAT_INTERVAL", 1000.0)
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


def test_nothing_is_lost_while_the_database_is_locked_for_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    background = BackgroundRun(store, replace(SHORT, epochs=150))
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    background.thread.join(1)
    other.execute("ROLLBACK")
    other.close()
    background.thread.join(120)
    run = store.run(background.run_id)
    assert run.status == "finished"
    assert len(store.steps_since(run.id)) == run.total_steps
    store.close()


def test_nothing_is_lost_while_postgresql_is_away(
    postgres: Callable[[], str], emptied: str
) -> None:
    """It cuts all connections and refuses new ones; the run goes on where it was."""
    name = emptied.rpartition("/")[2]
    store, server = Store(emptied), Store(postgres())
    background = BackgroundRun(store, replace(SHORT, epochs=60))

    def allow(allowed: bool) -> None:
        execute_sql(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        execute_sql(server, cut)

    allow(False)
    with pytest.raises(database.StoreError, match="cannot be reached"):
        store.runs()
    background.thread.join(0.5)
    allow(True)
    background.thread.join(120)
    run = store.run(background.run_id)
    assert (run.status, background.error) == ("finished", None)
    assert [row.step for row in store.steps_since(run.id)] == list(range(1, run.total_steps + 1))
    for opened in (store, server):
        opened.close()


def execute_sql(store: Store, sql: str) -> None:
    with store._engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(sql)


def set_rate(store: Store, run_id: str, rate: float, step: int) -> None:
    """Store a learning rate that the run received at a step, before it went back."""
    store.record(run_id, Update(applied=[(store.send(run_id, "lr", rate), step)]))


def test_a_rate_takes_effect_again_at_its_step_when_a_run_goes_back(store: Store) -> None:
    whole, parts = start(store, SHORT), start(store, SHORT)
    for run_id in (whole, parts):
        set_rate(store, run_id, 0.001, 18)
        set_rate(store, run_id, 0.0005, 23)
    execute(store, whole)
    rates = {row.step: row.lr for row in store.steps_since(whole)}
    assert [step for step in range(2, 32) if rates[step] < 0.6 * rates[step - 1]] == [19, 24]
    stop = threading.Event()

    def stop_at_20(event: object) -> None:
        if isinstance(event, Step) and event.step == 20:
            stop.set()

    execute(store, parts, stop_at_20, stop=stop)
    store.requeue(parts)
    store.claim(parts)
    execute(store, parts)
    assert store.steps_since(parts) == store.steps_since(whole)


def test_a_new_rate_replaces_those_that_have_not_taken_effect_again(
    background: BackgroundRun,
) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "stop")
    background.thread.join()
    set_rate(store, run_id, 0.02, 10**6)
    store.requeue(run_id, status="running")
    again = threading.Thread(target=execute, args=[store, run_id])
    again.start()
    store.send(run_id, "lr", 0.03)
    background.until(lambda: not store.later_rates(run_id, 10**6))
    values = [(row.kind, row.value) for row in store.applied_commands(run_id)]
    assert values == [("lr", 0.02), ("lr", 0.03)]
    store.send(run_id, "stop")
    again.join()


def test_one_epoch_trains_to_the_end_of_the_epoch_and_pauses(background: BackgroundRun) -> None:
    """First while the run trains, then during a pause: each time to the end of the next epoch."""
    store, run_id = background.store, background.run_id
    ends: list[int] = []
    for _ in range(3):
        background.paused.clear()
        store.send(run_id, "epoch")
        background.until(background.paused.is_set)
        background.until(lambda: background.last_step() > max(ends, default=0))  # it is written
        background.until(lambda: background.status() == "paused")
        ends.append(background.last_step())
        assert ends[-1] == store.epochs_since(run_id)[-1].step
    epoch = store.epochs_since(run_id)[0].step
    assert [end - ends[0] for end in ends] == [0, epoch, 2 * epoch]
    store.send(run_id, "resume")
    background.until(lambda: background.last_step() > ends[-1] + epoch)


def test_resume_cancels_one_epoch(background: BackgroundRun) -> None:
    store, run_id = background.store, background.run_id
    rows = [{"run": run_id, "kind": kind, "created": 0.0} for kind in ("epoch", "resume")]
    with store._engine.begin() as connection:  # both at once: an epoch may end between the two
        connection.execute(sa.insert(commands), rows)
    background.until(lambda: not store.pending_commands(run_id))
    epochs = len(store.epochs_since(run_id))
    background.until(lambda: len(store.epochs_since(run_id)) > epochs + 2)
    (_, _, first), (_, _, last) = store.applied_commands(run_id)
    ends = [row.step for row in store.epochs_since(run_id)]
    # It pauses only if the epoch ends with the one step that is between the two commands.
    assert background.paused.is_set() == any(first < step <= last for step in ends)
    assert background.status() == "running"


def test_one_epoch_in_the_last_epoch_finishes_the_run(store: Store) -> None:
    run_id, paused = start(store, replace(SHORT, epochs=1)), threading.Event()
    store.send(run_id, "epoch")
    execute(store, run_id, on_pause=paused.set)
    assert store.run(run_id).status == "finished"
    assert not paused.is_set()
