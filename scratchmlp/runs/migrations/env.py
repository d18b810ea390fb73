"""Alembic asks this file how to reach the database; `database.py` has already opened it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
