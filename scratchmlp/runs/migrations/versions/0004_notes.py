"""Runs get a note, a parent, and the time of their deletion."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("note", sa.Text, nullable=False, server_default=""))
        runs.add_column(sa.Column("parent", sa.String(32)))
        runs.add_column(sa.Column("deleted", sa.Double))
