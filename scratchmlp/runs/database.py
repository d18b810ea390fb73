"""The tables of the runs database, and how one is opened: SQLite by default, or PostgreSQL.

Whatever can go wrong with a database that a user can put right leaves here as a `UserError`.
"""

import os
import secrets
import sqlite3
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from scratchmlp import paths
from scratchmlp.errors import UserError

BUSY_SECONDS = 5.0
LOST_AFTER = 10.0  # seconds without a heartbeat
MIGRATIONS = Path(__file__).parent / "migrations"
FORMS = "it must be like sqlite:////folder/runs.db or postgresql://user@host/name."
HEAD = "0004"  # the newest file in migrations/versions

_ALPHABET = string.ascii_lowercase + string.digits
ID_LENGTH = 16

metadata = sa.MetaData()

# Times are seconds since 1970 (UTC). A null number was not measured, or was not finite.
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("total_steps", sa.Integer),
    sa.Column("created", sa.Double, nullable=False, index=True),
    sa.Column("started", sa.Double),
    sa.Column("ended", sa.Double),
    sa.Column("heartbeat", sa.Double),
    sa.Column("error", sa.Text),
    sa.Column("best_epoch", sa.Integer),
    sa.Column("test_accuracy", sa.Double),
    sa.Column("test_loss", sa.Double),
    sa.Column("train_seconds", sa.Double),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("parent", sa.String(32)),  # the run it was taught from; that one may be gone
    sa.Column("deleted", sa.Double),  # since when it waits to be brought back or forgotten
)


def _of_run(*columns: sa.Column) -> list[sa.Column]:
    """The columns of a table whose key is the run and the first of `columns`."""
    columns[0].primary_key = True
    run = sa.Column(
        "run",
        sa.String(32),
        sa.ForeignKey("runs.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    )
    return [run, *columns]


steps = sa.Table(
    "steps",
    metadata,
    *_of_run(
        sa.Column("step", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("loss", sa.Double),
        sa.Column("lr", sa.Double),
    ),
    sqlite_with_rowid=False,
)
epochs = sa.Table(
    "epochs",
    metadata,
    *_of_run(
        sa.Column("epoch", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("train_loss", sa.Double),
        sa.Column("train_accuracy", sa.Double),
        sa.Column("valid_loss", sa.Double),
        sa.Column("valid_accuracy", sa.Double),
        sa.Column("seconds", sa.Double),
        sa.Column("statistics", sa.JSON),
    ),
)
checkpoints = sa.Table(
    "checkpoints",
    metadata,
    *_of_run(
        sa.Column("step", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("network", sa.LargeBinary, nullable=False),
        sa.Column("progress", sa.LargeBinary),  # only of the last one: what resuming needs
    ),
)
commands = sa.Table(
    "commands",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "run",
        sa.String(32),
        sa.ForeignKey("runs.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("applied_step", sa.Integer),
)
tasks = sa.Table(
    "studies",  # the name it was given first
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("run", sa.String(32), sa.ForeignKey("runs.id", ondelete="CASCADE"), index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("key", sa.String(64), nullable=False, unique=True),  # of kind and settings
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("heartbeat", sa.Double, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("result", sa.LargeBinary),
)
drawings = sa.Table(
    "drawings",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("label", sa.String(200), nullable=False),  # a class's name
    sa.Column("image", sa.LargeBinary, nullable=False),  # 784 bytes, as the network sees it
    sa.Column("strokes", sa.JSON),  # as they were drawn; null of a picture
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("deleted", sa.Double),  # since when it waits to be brought back or forgotten
)


def new_id() -> str:
    """Unguessable, and safe in an address."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))


def default_url() -> str | sa.URL:
    """`SCRATCHMLP_DB`, or a file in `SCRATCHMLP_HOME`."""
    named = os.environ.get("SCRATCHMLP_DB")
    return named or sa.URL.create("sqlite", database=str(paths.home() / "runs.db"))


def open_database(url: str | sa.URL) -> sa.Engine:
    """Connect, and bring the schema up to date.

    Raises
    ------
    UserError
        The URL is none, the file cannot be made or read, the server cannot be reached, or the
        schema is of a newer version than this program.
    """
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:  # which may hold a password
        raise UserError(f"SCRATCHMLP_DB is not a database URL: {FORMS}") from error
    if address.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise UserError(f"SCRATCHMLP_DB names {address.drivername}: {FORMS}")
    if address.drivername != "sqlite":
        address = address.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": 5})
    elif (address.database or ":memory:") == ":memory:":
        raise UserError(f"SCRATCHMLP_DB names no file: {FORMS}")
    else:
        engine = _sqlite(address)
    try:
        with explained(engine):
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite(address: sa.URL) -> sa.Engine:
    folder = Path((address.database or "").removeprefix("file:")).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made ({error.strerror}): set "
            "SCRATCHMLP_HOME to a folder that can be written to."
        ) from error
    try:
        engine = sa.create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    except (ValueError, TypeError) as error:  # a parameter that SQLite does not take
        raise UserError(f"SCRATCHMLP_DB cannot be used ({error}): {FORMS}") from error

    @sa.event.listens_for(engine, "connect")
    def configure(connection, record):  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # we say BEGIN ourselves, below
        _use_wal(connection)
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection):  # type: ignore[no-untyped-def]
        # A read that turns into a write fails at once in WAL, whatever the time-out.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Write ahead. SQLite itself does not wait where another opens the same new file."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    with explained(engine), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that holds the write lock from its start, on SQLite."""
    with explained(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


def _migrate(engine: sa.Engine) -> None:
    if _version(engine) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's write lock is already ours
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


# What a driver says, and what that means to the person who reads it.
_EXPLANATIONS = {
    "database is locked": "is locked by another program: close that program, then try again",
    "disk is full": "cannot grow because the disk is full: free some space, then try again",
    "file too large": "cannot grow any more: raise the limit or free some space, then try again",
    "disk i/o error": "could not be written (full or failing disk): free some space, try again",
    "readonly database": "cannot be written to: make it writable or set SCRATCHMLP_HOME",
    "unable to open database": "cannot be opened: set SCRATCHMLP_HOME to a folder you may write to",
    "not a database": "is damaged: move it away to start with an empty one",
    "malformed": "is damaged: move it away to start with an empty one",
    "resolve host": "cannot be reached: start the database server or correct SCRATCHMLP_DB",
    "connection": "cannot be reached: start the database server or correct SCRATCHMLP_DB",
}


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """Turn a database's troubles into sentences; what is not such a trouble stays as it is."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        said = str(error.orig).lower()
        for part, meaning in _EXPLANATIONS.items():
            if part in said:
                raise StoreError(f"The runs database {_shown(engine)} {meaning}.") from error
        raise


class StoreError(UserError):
    """The database cannot be used just now."""


def _shown(engine: sa.Engine) -> str:
    """Without a password."""
    is_file = engine.dialect.name == "sqlite"
    return engine.url.database or "" if is_file else engine.url.render_as_string()
