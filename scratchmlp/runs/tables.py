"""The tables of the runs database, and the ids of their rows."""

import secrets
import string

import sqlalchemy as sa

_ALPHABET = string.ascii_lowercase + string.digits
ID_LENGTH = 16

metadata = sa.MetaData()

# Times are seconds since 1970 (UTC). A number is null if it was not measured or was not finite.
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
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
    sa.Column("parent", sa.String(32)),  # the run it was taught from, which may not exist any more
    sa.Column("deleted", sa.Double),  # when it was deleted; it can be restored for a while
    # How many workers took it since its last checkpoint; null if a terminal trains it.
    sa.Column("tries", sa.Integer),
    sa.Column("worker", sa.String(64)),  # the name that the worker which took it goes by
    sa.Column("pinned", sa.Double),  # when a teacher pinned it: everybody sees it first
    sa.Column("max_seconds", sa.Double),  # of training; it is stopped then
)

NOT_DELETED = runs.c.deleted.is_(None)


def _run_columns(*columns: sa.Column) -> list[sa.Column]:
    """The columns of a table whose primary key is the run and the first of `columns`."""
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
    *_run_columns(
        sa.Column("step", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("loss", sa.Double),
        sa.Column("lr", sa.Double),
    ),
    sqlite_with_rowid=False,
)
epochs = sa.Table(
    "epochs",
    metadata,
    *_run_columns(
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
    *_run_columns(
        sa.Column("step", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("network", sa.LargeBinary, nullable=False),
        sa.Column("progress", sa.LargeBinary),  # the training state, in the last checkpoint only
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
    "studies",  # the table keeps its first name
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
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # how many workers took it
    sa.Column("worker", sa.String(64)),
    sa.Column("owner", sa.String(64), nullable=False, server_default="local"),
)
visitors = sa.Table(
    "visitors",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("nickname", sa.String(40), nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("seen", sa.Double, nullable=False),  # when they last used a page
    sa.Column("teacher_key", sa.String(64)),  # the digest of the key that they entered
)
held_links = sa.Table(  # the runs of others that a visitor opened by a link
    "held_links",
    metadata,
    sa.Column("visitor", sa.String(64), primary_key=True),
    sa.Column("run", sa.String(32), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
)
first_steps = sa.Table(  # what a visitor has done for the first time, see `visitors.FirstStep`
    "first_steps",
    metadata,
    sa.Column("visitor", sa.String(64), primary_key=True),
    sa.Column("step", sa.String(16), primary_key=True),
)
class_settings = sa.Table(  # what a teacher has set for all
    "class_settings",
    metadata,
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)
drawings = sa.Table(
    "drawings",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("label", sa.String(200), nullable=False),  # a class's name
    sa.Column("image", sa.LargeBinary, nullable=False),  # 784 bytes, the input of the network
    sa.Column("strokes", sa.JSON),  # as they were drawn; null for a picture
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("deleted", sa.Double),  # when it was deleted; it can be restored for a while
)


def new_id() -> str:
    """A random id that nobody can guess and that is safe in a URL."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))
