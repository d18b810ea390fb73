"""The store, on SQLite and on PostgreSQL."""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
import sqlalchemy as sa
import torch

from scratchmlp.errors import UserError
from scratchmlp.net.model import flat, init_params
from scratchmlp.net.network import Network
from scratchmlp.runs import database as db
from scratchmlp.runs import tables
from scratchmlp.runs.store import Store, Update
from tests.runs.updates import CONFIG, checkpoint, epoch, steps
from tests.runs.writing import write_many


def test_a_created_run_can_be_read(store: Store) -> None:
    run = store.run(store.create(CONFIG, "my run"))
    assert (run.config, run.name, run.status, run.owner) == (CONFIG, "my run", "queued", "local")
    assert run.id.isalnum()
    assert len(run.id) == 16
    assert store.run("latest") == run
    assert store.runs() == [run]


def test_an_added_network_becomes_a_finished_run(store: Store) -> None:
    params = init_params([784, 16, 8, 10], "he", generator=torch.Generator().manual_seed(0))
    network = Network(CONFIG, params, 0.1, 0.3, tuple("0123456789"), step=120, epoch=2)
    parent = store.create(CONFIG)
    run = store.run(store.add_network(network, "taught", parent, test_accuracy=0.9))
    assert (run.status, run.name, run.parent, run.test_accuracy) == (
        "finished",
        "taught",
        parent,
        0.9,
    )
    assert run.config == CONFIG
    assert store.last_checkpoint(run.id) == (120, 2)
    for best in (False, True):
        again = store.network(run.id, best)
        assert all(torch.equal(a, b) for a, b in zip(flat(again.params), flat(params), strict=True))
    assert store.resume_point(run.id) is None
    assert store.steps_since(run.id) == []


def test_an_unknown_run_is_one_sentence(store: Store) -> None:
    with pytest.raises(UserError, match="There is no run yet"):
        store.run("latest")
    with pytest.raises(UserError, match="There is no run nope"):
        store.run("nope")
    with pytest.raises(UserError, match="There is no run") as hostile:
        store.run("'; DROP TABLE runs; --" * 100)
    assert len(str(hostile.value)) < 200


def test_a_queued_run_is_claimed_once(store: Store) -> None:
    run = store.create(CONFIG)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: store.claim(run), range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    assert store.run(run).status == "running"


def test_of_simultaneous_calls_one_creates_the_first_run(database: str) -> None:
    stores = [Store(database) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda s: s.create_first(CONFIG), stores))
    assert sum(run is not None for run in made) == 1
    assert len(stores[0].runs()) == 1
    for opened in stores:
        opened.close()


def test_the_queue_is_first_come_first_served(store: Store) -> None:
    runs = [store.create(CONFIG) for _ in range(3)]
    assert store.queue() == runs
    assert store.cancel(runs[1])
    assert not store.cancel(runs[1])
    assert store.queue() == [runs[0], runs[2]]
    assert store.run(runs[1]).status == "stopped"
    assert not store.claim(runs[1])


def test_reading_is_incremental(store: Store) -> None:
    run, other = store.create(CONFIG), store.create(CONFIG)
    store.record(run, Update(steps=steps(1, 25), epochs=[epoch(1), epoch(2)]))
    store.record(other, Update(steps=steps(1, 3)))
    assert [row.step for row in store.steps_since(run)] == list(range(1, 26))
    assert [row.step for row in store.steps_since(run, 23)] == [24, 25]
    assert store.steps_since(run, 25) == []
    [second] = store.epochs_since(run, 1)
    assert (second.epoch, second.step, second.statistics) == (2, 20, {"dead": [0.0]})


def test_reading_late_steps_is_a_search_by_the_key(store: Store) -> None:
    """The query plan says so, on both databases."""
    run = store.create(CONFIG)
    query = sa.select(tables.steps.c.loss).where(
        tables.steps.c.run == run, tables.steps.c.step > 10
    )
    with db.read_transaction(store._engine) as connection:
        if connection.dialect.name == "sqlite":
            text = str(query.compile(store._engine, compile_kwargs={"literal_binds": True}))
            [plan] = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
            assert "USING PRIMARY KEY (run=? AND step>?)" in plan.detail
        else:
            connection.exec_driver_sql("SET enable_seqscan = off")
            text = str(query.compile(store._engine, compile_kwargs={"literal_binds": True}))
            plan = " ".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}"))
            assert "steps_pkey" in plan


def test_nan_and_infinity_are_stored_as_null(store: Store) -> None:
    run = store.create(CONFIG)
    store.record(run, Update(steps=[{"step": 1, "loss": float("nan"), "lr": float("inf")}]))
    [row] = store.steps_since(run)
    assert (row.loss, row.lr) == (None, None)
    layers = {"statistics": {"dead": [0.0, float("nan")]}}
    store.record(run, Update(epochs=[epoch(1, float("inf")) | layers]))
    [row] = store.epochs_since(run)
    assert (row.valid_loss, row.statistics) == (None, {"dead": [0.0, None]})


def test_commands_arrive_in_order_and_once(store: Store) -> None:
    run = store.create(CONFIG)
    pause, lr = store.send(run, "pause"), store.send(run, "lr", 0.5)
    assert [(c.id, c.kind, c.value) for c in store.pending_commands(run)] == [
        (pause, "pause", None),
        (lr, "lr", 0.5),
    ]
    [left] = store.record(run, Update(applied=[(pause, 7)]))
    assert left.id == lr
    assert [tuple(row) for row in store.applied_commands(run)] == [("pause", None, 7)]


def test_a_requeued_run_is_as_it_was_at_its_last_checkpoint(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    update = Update(
        steps=steps(1, 27), epochs=[epoch(1), epoch(2)], checkpoints=[checkpoint(1), checkpoint(2)]
    )
    store.record(run, update)
    early, late, never = (store.send(run, "lr", lr) for lr in (0.1, 0.2, 0.3))
    store.record(run, Update(applied=[(early, 5), (late, 25)]))
    store.send(run, "pause")
    store.end_run(run, "failed", "killed")
    store.requeue(run)
    again = store.run(run)
    assert (again.status, again.error) == ("queued", None)
    assert len(store.steps_since(run)) == 20
    assert [row.value for row in store.applied_commands(run)] == [0.1, 0.2]
    assert store.later_rates(run, 20) == [(late, 0.2, 25)]  # takes effect again at that step
    assert [command.id for command in store.pending_commands(run)] == [never]
    with pytest.raises(UserError, match="is queued: there is nothing to resume"):
        store.requeue(run)


def test_a_run_is_resumed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(CONFIG, status="running")
    store.end_run(run, "stopped")
    seen = store.run(run)
    store.requeue(run)
    monkeypatch.setattr(store, "run", lambda run_id: seen)  # as if read before the run was resumed
    with pytest.raises(UserError, match="has been resumed elsewhere"):
        store.requeue(run)


def test_only_the_process_with_the_claim_can_write(store: Store) -> None:
    run = store.create(CONFIG, status="running")
    first = store.run(run).started
    store.record(run, Update(steps=steps(1, 2)), first)
    store.end_run(run, "stopped")
    store.requeue(run)
    for _ in range(2):
        with pytest.raises(UserError, match="has been resumed or deleted elsewhere"):
            store.record(run, Update(steps=steps(3, 4)), first)
        store.claim(run)
    store.end_run(run, "failed", "by the first", first)
    assert (store.run(run).status, store.steps_since(run)) == ("running", [])


def test_a_run_without_a_heartbeat_is_lost(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    assert store.run(run).status == "running"
    store.record(run, Update(changes={"heartbeat": time.time() - 11}))
    assert store.run(run).status == "lost"
    assert store.run(run).can_resume


def test_a_run_ends_only_once(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    store.end_run(run, "finished", test_accuracy=0.98)
    store.end_run(run, "failed", "too late")
    assert (store.run(run).status, store.run(run).test_accuracy) == ("finished", 0.98)


@pytest.fixture(scope="module")
def two_processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_two_processes_can_write_at_the_same_time(
    store: Store, two_processes: ProcessPoolExecutor
) -> None:
    run = store.create(CONFIG)
    list(two_processes.map(write_many, [store.url] * 2, [run] * 2, [1, 1001]))
    assert len(store.steps_since(run)) == 400
