"""Runs and tasks say which worker has them, and how many took them without progress."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("tries", sa.Integer))
        runs.add_column(sa.Column("worker", sa.String(64)))
    with op.batch_alter_table("studies") as studies:
        studies.add_column(sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
        studies.add_column(sa.Column("worker", sa.String(64)))
