"""Runs and tasks count the workers that took them since there was progress."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("tries", sa.Integer))
    with op.batch_alter_table("studies") as studies:
        studies.add_column(sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
