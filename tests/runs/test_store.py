"""The store, on SQLite and on PostgreSQL."""

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import torch
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat, init_params
from scratchmlp.net.network import Network
from scratchmlp.runs import database as db
from scratchmlp.runs.checkpoints import KEPT_EPOCHS
from scratchmlp.runs.store import Checkpoint, Store, Update

CONFIG = TrainConfig(dataset="digits", hidden=(16, 8))


def steps(first: int, last: int) -> list[dict]:
    return [{"step": n, "loss": 1 / n, "lr": 0.1} for n in range(first, last + 1)]


def epoch(n: int, loss: float = 0.5) -> dict:
    return {
        "epoch": n,
        "step": 10 * n,
        "train_loss": loss,
        "train_accuracy": 0.9,
        "valid_loss": loss,
        "valid_accuracy": 0.8,
        "seconds": 0.1,
        "statistics": {"dead": [0.0]},
    }


def kept(n: int, best: bool = False, extra: int = 0) -> Checkpoint:
    return Checkpoint(10 * n + extra, n, f"network {n}+{extra}".encode(), b"progress", best)


def test_a_run_comes_back_as_it_was_entered(store: Store) -> None:
    run = store.run(store.create(CONFIG, "my run"))
    assert (run.config, run.name, run.status, run.owner) == (CONFIG, "my run", "queued", "local")
    assert run.id.isalnum()
    assert len(run.id) == 16
    assert store.run("latest") == run
    assert store.runs() == [run]


def test_a_network_made_elsewhere_becomes_a_finished_run(store: Store) -> None:
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
    assert store.resumable(run.id) is None
    assert store.steps_since(run.id) == []


def test_an_unknown_run_is_a_sentence(store: Store) -> None:
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


def test_the_first_run_is_entered_once_for_all(database: str) -> None:
    stores = [Store(database) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda s: s.create_first(CONFIG), stores))
    assert sum(run is not None for run in made) == 1
    assert len(stores[0].runs()) == 1
    for opened in stores:
        opened.close()


def test_the_line_is_first_come_first_served(store: Store) -> None:
    runs = [store.create(CONFIG) for _ in range(3)]
    assert store.queued() == runs
    assert store.cancel(runs[1])
    assert not store.cancel(runs[1])
    assert store.queued() == [runs[0], runs[2]]
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


def test_reading_costs_the_same_late_in_a_run(store: Store) -> None:
    """Not by the clock: the plan is a search by the key, on both databases."""
    run = store.create(CONFIG)
    query = sa.select(db.steps.c.loss).where(db.steps.c.run == run, db.steps.c.step > 10)
    with db.reading(store._engine) as connection:
        if connection.dialect.name == "sqlite":
            text = str(query.compile(store._engine, compile_kwargs={"literal_binds": True}))
            [plan] = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
            assert "USING PRIMARY KEY (run=? AND step>?)" in plan.detail
        else:
            connection.exec_driver_sql("SET enable_seqscan = off")
            text = str(query.compile(store._engine, compile_kwargs={"literal_binds": True}))
            plan = " ".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}"))
            assert "steps_pkey" in plan


def test_what_is_no_number_is_null(store: Store) -> None:
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
    assert [(c.id, c.kind, c.value) for c in store.pending(run)] == [
        (pause, "pause", None),
        (lr, "lr", 0.5),
    ]
    [left] = store.record(run, Update(applied=[(pause, 7)]))
    assert left.id == lr
    assert [tuple(row) for row in store.applied(run)] == [("pause", None, 7)]


def test_the_last_the_best_and_the_early_epochs_are_kept(store: Store) -> None:
    run = store.create(CONFIG)
    for n in range(1, 31):
        store.record(run, Update(epochs=[epoch(n)], kept=[kept(n, best=n == 17)]))
    store.record(run, Update(kept=[kept(30, extra=4)]))
    with db.reading(store._engine) as connection:
        rows = connection.execute(sa.select(db.checkpoints).order_by(db.checkpoints.c.step)).all()
    early = [n for n in KEPT_EPOCHS if n < 30]
    assert [row.step for row in rows] == sorted([*(10 * n for n in early), 170, 304])
    assert [row.step for row in rows if row.progress] == [304]
    assert store.checkpoint(run) == b"network 30+4"
    assert store.checkpoint(run, best=True) == b"network 17+0"
    assert store.resumable(run) == (b"network 30+4", b"progress")


def test_a_run_without_a_checkpoint_says_so(store: Store) -> None:
    with pytest.raises(UserError, match="has no checkpoint yet"):
        store.checkpoint(store.create(CONFIG))


def test_requeued_is_as_it_was_at_its_last_checkpoint(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    news = Update(steps=steps(1, 27), epochs=[epoch(1), epoch(2)], kept=[kept(1), kept(2)])
    store.record(run, news)
    early, late, never = (store.send(run, "lr", lr) for lr in (0.1, 0.2, 0.3))
    store.record(run, Update(applied=[(early, 5), (late, 25)]))
    store.send(run, "pause")
    store.end(run, "failed", "killed")
    store.requeue(run)
    again = store.run(run)
    assert (again.status, again.error) == ("queued", None)
    assert len(store.steps_since(run)) == 20
    assert [row.value for row in store.applied(run)] == [0.1]  # the checkpoint knows that one
    assert [command.id for command in store.pending(run)] == [late, never]
    with pytest.raises(UserError, match="is queued: there is nothing to resume"):
        store.requeue(run)


def test_a_run_is_resumed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.create(CONFIG, status="running")
    store.end(run, "stopped")
    seen = store.run(run)
    store.requeue(run)
    monkeypatch.setattr(store, "run", lambda run_id: seen)  # another looked before that
    with pytest.raises(UserError, match="is already resumed elsewhere"):
        store.requeue(run)


def test_only_who_has_the_claim_writes(store: Store) -> None:
    run = store.create(CONFIG, status="running")
    first = store.run(run).started
    store.record(run, Update(steps=steps(1, 2)), first)
    store.end(run, "stopped")
    store.requeue(run)
    for _ in range(2):
        with pytest.raises(UserError, match="has been resumed or deleted elsewhere"):
            store.record(run, Update(steps=steps(3, 4)), first)
        store.claim(run)
    store.end(run, "failed", "by the first", first)
    assert (store.run(run).status, store.steps_since(run)) == ("running", [])


def test_a_silent_run_reads_as_lost(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    assert store.run(run).status == "running"
    store.record(run, Update(changes={"heartbeat": time.time() - 11}))
    assert store.run(run).status == "lost"
    assert store.run(run).can_resume


def test_an_ended_run_stays_ended(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    store.end(run, "finished", test_accuracy=0.98)
    store.end(run, "failed", "too late")
    assert (store.run(run).status, store.run(run).test_accuracy) == ("finished", 0.98)


def write_many(url: str, run: str, first: int) -> None:
    store = Store(url)
    for n in range(first, first + 200, 4):
        store.record(run, Update(steps=steps(n, n + 3), changes={"heartbeat": time.time()}))
    store.close()


@pytest.fixture(scope="module")
def two_processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_two_processes_write_at_once(store: Store, two_processes: ProcessPoolExecutor) -> None:
    run = store.create(CONFIG)
    list(two_processes.map(write_many, [store.url] * 2, [run] * 2, [1, 1001]))
    assert len(store.steps_since(run)) == 400


# --- schema -------------------------------------------------------------------------------------


def alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(db.MIGRATIONS))
    return config


REVISIONS = [s.revision for s in ScriptDirectory.from_config(alembic()).walk_revisions()]


def raw_engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic()).get_current_head() == db.HEAD


@pytest.mark.parametrize("version", REVISIONS)
def test_every_older_version_is_brought_up_to_date(database: str, version: str) -> None:
    engine = raw_engine(database)
    with engine.begin() as connection:
        config = alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    Store(database).close()
    with engine.connect() as connection:
        assert db._read_version(connection) == db.HEAD
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []
    engine.dispose()


def test_four_open_an_empty_database_at_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(lambda _: Store(database), range(4)):
            assert store.runs() == []
            store.close()


def test_a_new_file_that_another_has_locked_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    release.start()
    Store(f"sqlite:///{tmp_path / 'runs.db'}").close()
    release.join()
    other.close()


def test_a_newer_database_is_refused(database: str) -> None:
    Store(database).close()
    engine = raw_engine(database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(UserError, match=r"newer version \(9999\)"):
        Store(database)


# --- faults -------------------------------------------------------------------------------------


def test_a_url_that_is_none_is_refused() -> None:
    for url in ("nonsense", "mysql://host/x"):
        with pytest.raises(UserError, match="SCRATCHMLP_DB"):
            Store(url)


def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(UserError, match="cannot be reached"):
        Store("postgresql://nobody@127.0.0.1:1/none")


def test_a_password_is_never_shown() -> None:
    with pytest.raises(UserError) as error:
        Store("postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("at", [0, 4096])
def test_a_damaged_file_is_a_sentence_and_stays(tmp_path: Path, at: int) -> None:
    file = tmp_path / "runs.db"
    url = f"sqlite:///{file}"
    store = Store(url)
    run = store.create(CONFIG)
    store.close()
    data = bytearray(file.read_bytes())
    data[at : at + 4096] = b"\xff" * 4096
    file.write_bytes(data)
    with pytest.raises(UserError, match="is damaged: move it away"):
        Store(url).run(run)
    assert file.read_bytes() == data


def test_a_locked_file_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.2)
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError, match="is locked by another program"):
        store.create(CONFIG)
    assert store.runs() == []  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.create(CONFIG)
    store.close()


def test_a_short_lock_is_waited_out(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.5, lambda: other.execute("ROLLBACK"))
    release.start()
    store.create(CONFIG)
    release.join()
    other.close()
    store.close()


def test_a_home_that_cannot_be_made_is_a_sentence(closed_world: Path) -> None:
    closed_world.write_text("a file where the folder should be")
    with pytest.raises(UserError, match="SCRATCHMLP_HOME"):
        Store()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("rubbish", "is not a database URL"),
        ("postgresql://me:secret@127.0.0.1:abc/x", "is not a database URL"),
        ("postgresql://me:secret@nohost.invalid/x", "cannot be reached"),
        ("postgresql+psycopg2://127.0.0.1/x", r"names postgresql\+psycopg2"),
        ("sqlite+nothing:///x", r"names sqlite\+nothing"),
        ("mysql://127.0.0.1/x", "names mysql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///FOLDER/x.db?timeout=abc", "cannot be used"),
    ],
)
def test_what_is_no_database_is_a_sentence(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as told:
        Store(url.replace("FOLDER", str(tmp_path)))
    assert "secret" not in str(told.value)


def test_a_home_of_any_name_holds_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOME", str(tmp_path / "hö me?x=1#"))
    store = Store()
    store.create(CONFIG)
    store.close()
    assert (tmp_path / "hö me?x=1#" / "runs.db").is_file()


def test_a_read_only_file_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    Store(f"sqlite:///{file}").close()
    with pytest.raises(UserError, match="cannot be written to"):
        Store(f"sqlite:///file:{file}?mode=ro&uri=true").create(CONFIG)


def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    run = store.create(CONFIG)
    with db.reading(store._engine) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    store._engine.dispose()
    limit = f"PRAGMA max_page_count = {pages + 2}"
    sa.event.listen(store._engine, "connect", lambda connection, _: connection.execute(limit))
    with pytest.raises(UserError, match="the disk is full"):
        store.record(run, Update(kept=[replace(kept(1), network=b"x" * 100_000)]))
    assert store.run(run).config == CONFIG
    assert not store.resumable(run)
    store.close()
