"""Visitors own runs, drawings and background tasks; a teacher pins runs and looks after a class."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("pinned", sa.Double))
        runs.add_column(sa.Column("max_seconds", sa.Double))
        runs.create_index("ix_runs_owner", ["owner"])
    with op.batch_alter_table("studies") as studies:
        studies.add_column(
            sa.Column("owner", sa.String(64), nullable=False, server_default="local")
        )
    op.create_table(
        "visitors",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("nickname", sa.String(40), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
        sa.Column("teacher_key", sa.String(64)),
    )
    op.create_table(
        "held_links",
        sa.Column("visitor", sa.String(64), primary_key=True),
        sa.Column(
            "run", sa.String(32), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
    )
    op.create_table(
        "class_settings",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
