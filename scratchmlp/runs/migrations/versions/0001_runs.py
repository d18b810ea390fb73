"""Runs, their steps, epochs and checkpoints, and the commands sent to them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _run(**options: Any) -> sa.Column:
    return sa.Column(
        "run",
        sa.String(32),
        sa.ForeignKey("runs.id", ondelete="CASCADE"),
        nullable=False,
        **options,
    )


def upgrade() -> None:
    op.create_table(
        "runs",
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
    )
    op.create_table(
        "steps",
        _run(primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("loss", sa.Double),
        sa.Column("lr", sa.Double),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "epochs",
        _run(primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("train_loss", sa.Double),
        sa.Column("train_accuracy", sa.Double),
        sa.Column("valid_loss", sa.Double),
        sa.Column("valid_accuracy", sa.Double),
        sa.Column("seconds", sa.Double),
        sa.Column("statistics", sa.JSON),
    )
    op.create_table(
        "checkpoints",
        _run(primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("network", sa.LargeBinary, nullable=False),
        sa.Column("progress", sa.LargeBinary),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("applied_step", sa.Integer),
    )
