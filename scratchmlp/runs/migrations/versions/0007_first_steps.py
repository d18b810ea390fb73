"""A visitor's first steps: what they have done once, and whether the list of them is dismissed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "first_steps",
        sa.Column("visitor", sa.String(64), primary_key=True),
        sa.Column("step", sa.String(16), primary_key=True),
    )
