"""A damaged database: what is left of it can be read, and the rest is a sentence."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import tables
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store

CONFIG = TrainConfig(dataset="digits", epochs=3, hidden=(8,), batch_size=512)
TABLES = ("runs", "steps", "epochs", "checkpoints", "commands", "studies", "drawings")
HOSTILE = ["text", "1", "", b"\xff\x00", -1, 0, 2**62, 1e300, float("inf"), "{", "[]", "null"]


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a database with two trained runs, a drawing and a task."""
    file = tmp_path_factory.mktemp("sound") / "runs.db"
    store = Store(f"sqlite:///{file}")
    for _ in range(2):
        run = store.create(CONFIG, status="running")
        execute(store, run)
    store.run_list.delete([store.create(CONFIG)])
    store.send(run, "lr", 0.1)
    store.drawings.add("3", np.zeros((28, 28), dtype=np.uint8), [[(1.0, 2.0)]])
    task = store.tasks.request("map", {"run": run}, run)
    store.work.claim_next()
    store.tasks.finish(task.id, {"points": np.zeros((2, 2))})
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return file.read_bytes()


@contextmanager
def opened(data: bytes) -> Iterator[Store | None]:
    """The store in a file with these bytes; None if it cannot be opened."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "runs.db"
        file.write_bytes(data)
        try:
            store = Store(f"sqlite:///{file}")
        except UserError as error:
            assert str(file) in str(error)
            yield None
            return
        yield store
        store.close()


def read_everything(store: Store) -> None:
    """What the pages read; a fault of the file is a `UserError`."""
    with suppress(UserError):
        store.run_list.deleted()
    with suppress(UserError):
        store.run_list.sparklines([run.id for run in store.runs()])
    with suppress(UserError):
        for run in store.runs():
            assert run.title
            for read in (
                store.network,
                store.steps_array,
                store.epochs_since,
                store.applied_commands,
                store.pending_commands,
                store.last_checkpoint,
                store.checkpoints,
                store.resume_point,
            ):
                with suppress(UserError):
                    read(run.id)
    with suppress(UserError):
        store.drawings.all()
    with suppress(UserError):
        store.queue()
    with suppress(UserError):
        for item in store.work.waiting():
            if item.kind == "task":
                store.tasks.get(item.id)
    with suppress(UserError):
        store.work.hearts()


@given(
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=40),
    page=st.tuples(st.floats(0, 1, exclude_max=True), st.booleans()),
)
@settings(max_examples=60)
def test_flipped_bytes_are_never_a_traceback(
    sound_file: bytes, places: list[tuple[float, int]], page: tuple[float, bool]
) -> None:
    data = bytearray(sound_file)
    for place, value in places:
        data[int(place * len(data))] = value
    if page[1]:
        start = int(page[0] * (len(data) // 4096)) * 4096
        data[start : start + 4096] = bytes(255 - byte for byte in data[start : start + 4096])
    with opened(bytes(data)) as store:
        if store:
            read_everything(store)


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table_names_the_file(sound_file: bytes, tmp_path: Path, table: str) -> None:
    file = tmp_path / "runs.db"
    file.write_bytes(sound_file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"DROP TABLE {table}")
    with opened(file.read_bytes()) as store:
        assert store
        read_everything(store)
        with pytest.raises(UserError, match=r"runs\.db is damaged \(a table is missing\)"):
            read_table(store, table)


def read_table(store: Store, table: str) -> object:
    run = "" if table == "runs" else store.runs()[0].id
    return {
        "runs": lambda run: store.runs(),
        "steps": store.steps_array,
        "epochs": store.epochs_since,
        "checkpoints": store.network,
        "commands": store.pending_commands,
        "studies": lambda run: store.work.waiting(),
        "drawings": lambda run: store.drawings.all(),
    }[table](run)


def test_a_damaged_run_does_not_hide_the_others(sound_file: bytes, tmp_path: Path) -> None:
    """Each column of the table holds each hostile value in a run of its own."""
    file = tmp_path / "runs.db"
    file.write_bytes(sound_file)
    columns = [column.name for column in tables.runs.c if not column.primary_key]
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        sound = [
            name for (name,) in connection.execute("SELECT id FROM runs WHERE deleted IS NULL")
        ]
        for column in columns:
            for number, value in enumerate(HOSTILE):
                copied = ", ".join("?" if name == column else name for name in columns)
                connection.execute(
                    f"INSERT INTO runs (id, {', '.join(columns)}) "
                    f"SELECT ?, {copied} FROM runs WHERE id = ?",
                    [f"{column}{number}", value, sound[0]],
                )
    with opened(file.read_bytes()) as store:
        assert store
        found = store.runs()
        assert set(sound) <= {run.id for run in found}
        assert "config0" not in {run.id for run in found}
        read_everything(store)
        assert store.damage
        assert "is damaged" in store.damage
        assert "of the table runs" in store.damage
        with pytest.raises(UserError, match="There is no run config0"):
            store.run("config0")


def test_a_sound_database_has_no_damage(sound_file: bytes) -> None:
    with opened(sound_file) as store:
        assert store
        read_everything(store)
        assert store.damage is None
