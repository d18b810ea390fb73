"""Opens the runs database, SQLite by default, or PostgreSQL; its transactions and its faults.

A fault of the database that a user can correct is raised as a `UserError`.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from scratchmlp import paths
from scratchmlp.errors import UserError
from scratchmlp.runs import damage

BUSY_SECONDS = 5.0
WAIT_SECONDS = 600.0  # how long a process that trains waits for a database that is away
RETRY_INTERVAL = 0.1  # seconds
# A server that cannot be reached any more is noticed after half a minute.
POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
LOST_AFTER = 10.0  # seconds without a heartbeat: the run or task then counts as lost
MIGRATIONS = Path(__file__).parent / "migrations"
URL_FORMS = "it must be like sqlite:////folder/runs.db or postgresql://user@host/name."
HEAD = "0007"  # the newest migration in migrations/versions

T = TypeVar("T")
log = logging.getLogger(__name__)


def default_url() -> str | sa.URL:
    """The URL in `SCRATCHMLP_DB`, or else that of a file in `SCRATCHMLP_HOME`."""
    named = os.environ.get("SCRATCHMLP_DB")
    return named or sa.URL.create("sqlite", database=str(paths.home() / "runs.db"))


def open_database(url: str | sa.URL) -> sa.Engine:
    """Connect to a database and migrate its schema to the newest version.

    Raises
    ------
    UserError
        The URL is not valid, the file cannot be created or read, the server cannot be reached, or
        a newer version of this program wrote the schema.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:  # its text may contain a password
        raise UserError(f"SCRATCHMLP_DB is not a database URL: {URL_FORMS}") from error
    if parsed.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise UserError(f"SCRATCHMLP_DB names {parsed.drivername}: {URL_FORMS}")
    if parsed.drivername != "sqlite":
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(parsed, pool_pre_ping=True, connect_args=POSTGRES)
    elif (parsed.database or ":memory:") == ":memory:":
        raise UserError(f"SCRATCHMLP_DB names no file: {URL_FORMS}")
    else:
        engine = _sqlite(parsed)
    try:
        with explain_errors(engine):
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite(parsed: sa.URL) -> sa.Engine:
    folder = Path((parsed.database or "").removeprefix("file:")).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be created ({error.strerror}): set "
            "SCRATCHMLP_HOME to a folder that you can write to."
        ) from error
    try:
        engine = sa.create_engine(
            parsed, connect_args={"timeout": BUSY_SECONDS}, json_deserializer=damage.read_json
        )
    except (ValueError, TypeError) as error:  # a parameter that SQLite does not know
        raise UserError(f"SCRATCHMLP_DB cannot be used ({error}): {URL_FORMS}") from error

    @sa.event.listens_for(engine, "connect")
    def configure(connection, record):  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # `begin` below sends BEGIN
        connection.text_factory = lambda text: text.decode(errors="replace")
        _use_wal(connection)
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection):  # type: ignore[no-untyped-def]
        # In WAL mode, a read that becomes a write fails at once, whatever the timeout is.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL mode. SQLite does not wait by itself if another process opens a new file."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def read_transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    with explain_errors(engine), engine.begin() as connection:
        yield connection


@contextmanager
def write_transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that, on SQLite, holds the write lock from its start."""
    with explain_errors(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


def insert_new(connection: sa.Connection, table: sa.Table) -> Any:
    """An insertion that leaves out rows that are there already.

    A connection that breaks in a commit does not say whether the rows were written.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def update_or_insert(
    connection: sa.Connection, table: sa.Table, key: Any, values: Any, others: Any
) -> None:
    """Set values of the row with a key; without such a row, insert it with the other values too."""
    this = [table.c[name] == value for name, value in key.items()]
    if connection.execute(sa.update(table).where(*this).values(values)).rowcount == 0:
        connection.execute(insert_new(connection, table).values(key | others | values))


def patiently(action: Callable[[], T]) -> T:
    """Call `action` again and again as long as the database is away, for `WAIT_SECONDS`."""
    deadline, is_waiting = time.monotonic() + WAIT_SECONDS, False
    while True:
        try:
            return action()
        except StoreError as error:
            if time.monotonic() > deadline:
                raise
            if not is_waiting:
                log.warning("%s This process waits for it.", error)
            is_waiting = True
            time.sleep(RETRY_INTERVAL)


def _migrate(engine: sa.Engine) -> None:
    if _version(engine) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":  # on SQLite this transaction holds the write lock
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(784128010)"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        version = _read_version(connection)
        if version is not None and version not in known:
            raise UserError(
                f"The runs database was written by a newer version ({version}) of this program: "
                "update the program, or set SCRATCHMLP_DB to another database."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return _read_version(connection)


def _read_version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


# A part of a driver's message, and what it means for the user.
_EXPLANATIONS = {
    "database is locked": "is locked by another program: close that program, then try again",
    "disk is full": "cannot grow because the disk is full: free some space, then try again",
    "file too large": "cannot grow any more: raise the limit or free some space, then try again",
    "disk i/o error": "could not be written (full or failing disk): free some space, try again",
    "readonly database": "cannot be written to: make it writable or set SCRATCHMLP_HOME",
    "unable to open database": "cannot be opened: set SCRATCHMLP_HOME to a folder you may write to",
    "not a database": "is damaged: move it away to start with an empty one",
    "malformed": "is damaged: move it away to start with an empty one",
    "no such table": "is damaged (a table is missing): move it away to start with an empty one",
    "no such column": "is damaged (a column is missing): move it away to start with an empty one",
    "undefinedtable": "is damaged (a table is missing): restore it from a copy",
    "undefinedcolumn": "is damaged (a column is missing): restore it from a copy",
    "resolve host": "cannot be reached: start the database server or correct SCRATCHMLP_DB",
    "connection": "cannot be reached: start the database server or correct SCRATCHMLP_DB",
}


@contextmanager
def explain_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn known faults of the database into a `StoreError`; raise any other error unchanged."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        message = f"{type(error.orig).__name__}: {error.orig}".lower()
        for part, meaning in _EXPLANATIONS.items():
            if part in message:
                raise StoreError(f"The runs database {_location(engine)} {meaning}.") from error
        if error.connection_invalidated:
            meaning = _EXPLANATIONS["connection"]
            raise StoreError(f"The runs database {_location(engine)} {meaning}.") from error
        raise


class StoreError(UserError):
    """The database cannot be used at the moment."""


def _location(engine: sa.Engine) -> str:
    """The file or the URL of a database, without a password."""
    is_file = engine.dialect.name == "sqlite"
    return engine.url.database or "" if is_file else engine.url.render_as_string()


def describe_damage(engine: sa.Engine) -> str | None:
    """A sentence about the damaged rows that have been left out so far, if there are any."""
    rows = damage.left_out(engine)
    if not rows:
        return None
    tables = " and ".join(f"{n:,} of the table {table}" for table, n in sorted(rows.items()))
    return (
        f"The runs database {_location(engine)} is damaged. Rows that cannot be read are left out: "
        f"{tables}."
    )
