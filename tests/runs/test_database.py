"""The runs database: its migrations, and its faults as sentences."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from scratchmlp.errors import UserError
from scratchmlp.runs import database as db
from scratchmlp.runs import tables
from scratchmlp.runs.store import Store, Update
from tests.runs.updates import CONFIG, checkpoint


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
def test_every_older_version_is_migrated(database: str, version: str) -> None:
    engine = raw_engine(database)
    with engine.begin() as connection:
        config = alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    Store(database).close()
    with engine.connect() as connection:
        assert db._read_version(connection) == db.HEAD
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    engine.dispose()


def test_four_threads_can_open_an_empty_database_at_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(lambda _: Store(database), range(4)):
            assert store.runs() == []
            store.close()


def test_opening_waits_for_a_new_file_that_another_process_has_locked(tmp_path: Path) -> None:
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


def test_an_invalid_url_is_refused() -> None:
    for url in ("nonsense", "mysql://host/x"):
        with pytest.raises(UserError, match="SCRATCHMLP_DB"):
            Store(url)


def test_an_unreachable_server_is_one_sentence() -> None:
    with pytest.raises(UserError, match="cannot be reached"):
        Store("postgresql://nobody@127.0.0.1:1/none")


def test_an_error_never_shows_the_password() -> None:
    with pytest.raises(UserError) as error:
        Store("postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("at", [0, 4096])
def test_a_damaged_file_is_one_sentence_and_stays_unchanged(tmp_path: Path, at: int) -> None:
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


def test_a_locked_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.2)
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError, match="is locked by another program"):
        store.create(CONFIG)
    assert store.runs() == []  # reading still works
    other.execute("ROLLBACK")
    other.close()
    store.create(CONFIG)
    store.close()


def test_a_short_lock_only_delays_a_write(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.5, lambda: other.execute("ROLLBACK"))
    release.start()
    store.create(CONFIG)
    release.join()
    other.close()
    store.close()


def test_a_home_that_cannot_be_created_is_one_sentence(closed_world: Path) -> None:
    closed_world.write_text("a file where the folder should be")
    with pytest.raises(UserError, match="SCRATCHMLP_HOME"):
        Store()


@pytest.mark.parametrize(
    ("url", "message"),
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
def test_a_url_of_no_usable_database_is_one_sentence(
    tmp_path: Path, url: str, message: str
) -> None:
    with pytest.raises(UserError, match=message) as raised:
        Store(url.replace("FOLDER", str(tmp_path)))
    assert "secret" not in str(raised.value)


def test_a_home_can_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOME", str(tmp_path / "hö me?x=1#"))
    store = Store()
    store.create(CONFIG)
    store.close()
    assert (tmp_path / "hö me?x=1#" / "runs.db").is_file()


def test_a_read_only_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    Store(f"sqlite:///{file}").close()
    with pytest.raises(UserError, match="cannot be written to"):
        Store(f"sqlite:///file:{file}?mode=ro&uri=true").create(CONFIG)


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    run = store.create(CONFIG)
    with db.read_transaction(store._engine) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    store._engine.dispose()
    limit = f"PRAGMA max_page_count = {pages + 2}"
    sa.event.listen(store._engine, "connect", lambda connection, _: connection.execute(limit))
    with pytest.raises(UserError, match="the disk is full"):
        store.record(run, Update(checkpoints=[replace(checkpoint(1), network=b"x" * 100_000)]))
    assert store.run(run).config == CONFIG
    assert not store.resume_point(run)
    store.close()
