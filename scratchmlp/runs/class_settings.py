"""What a teacher has set for all visitors: whether the queue is open, and a message of one line.

A setting that nobody has set, or that is damaged, has its default.
"""

from typing import Any

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.database import insert_new, read_transaction, write_transaction
from scratchmlp.runs.permissions import LOCAL, Visitor
from scratchmlp.runs.records import clean
from scratchmlp.runs.tables import class_settings

MAX_MESSAGE_LENGTH = 200
CLOSED = (
    "The teacher has closed the queue, so no new run can start: "
    "look at the runs that are there, or wait until it opens."
)


class ClassSettings:
    """The settings of the class in a runs database, for a visitor. Only a teacher changes them."""

    def __init__(self, engine: sa.Engine, visitor: Visitor = LOCAL) -> None:
        self._engine, self._visitor = engine, visitor

    def is_queue_open(self) -> bool:
        """Whether visitors can put new runs into the queue."""
        with read_transaction(self._engine) as connection:
            return is_queue_open(connection)

    def open_queue(self, is_open: bool) -> None:
        """Open or close the queue. What waits when it is closed still runs."""
        self._set("queue_open", is_open)

    def message(self) -> str:
        """The line that every page shows to all; empty if there is none."""
        with read_transaction(self._engine) as connection:
            found = _get(connection, "message")
        return found if isinstance(found, str) else ""

    def set_message(self, text: str) -> None:
        """Show a line to all; an empty text removes it."""
        text = " ".join(clean(text).split())
        if len(text) > MAX_MESSAGE_LENGTH:
            raise UserError(
                f"A message has at most {MAX_MESSAGE_LENGTH} characters: yours has {len(text):,}."
            )
        self._set("message", text)

    def _set(self, key: str, value: Any) -> None:
        if not (self._visitor.is_trusted or self._visitor.is_teacher):
            raise UserError("Only a teacher can change the settings of the class.")
        this = sa.update(class_settings).where(class_settings.c.key == key)
        with write_transaction(self._engine) as connection:
            if connection.execute(this.values(value=value)).rowcount == 0:
                insert = insert_new(connection, class_settings)
                connection.execute(insert.values(key=key, value=value))


def is_queue_open(connection: sa.Connection) -> bool:
    return _get(connection, "queue_open") is not False


def demand_open_queue(connection: sa.Connection, visitor: Visitor) -> None:
    """Refuse a new run of a visitor while the queue is closed. A teacher still trains."""
    if not (visitor.is_trusted or visitor.is_teacher or is_queue_open(connection)):
        raise UserError(CLOSED)


def _get(connection: sa.Connection, key: str) -> Any:
    query = sa.select(class_settings.c.value).where(class_settings.c.key == key)
    return connection.execute(query).scalar()
