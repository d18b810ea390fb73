"""What a teacher has set for all visitors: whether the queue is open, and a message of one line.

A setting that nobody has set, or that is damaged, has its default.
"""

from typing import Any

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.database import read_transaction, update_or_insert, write_transaction
from scratchmlp.runs.permissions import LOCAL, Visitor
from scratchmlp.runs.records import demand_length, one_line
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

    def may_queue(self) -> bool:
        """Whether the visitor can put a new run into the queue. A teacher always can."""
        with read_transaction(self._engine) as connection:
            return _may_queue(connection, self._visitor)

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
        text = one_line(text)
        demand_length("message", text, MAX_MESSAGE_LENGTH)
        self._set("message", text)

    def _set(self, key: str, value: Any) -> None:
        if not self._visitor.is_in_charge:
            raise UserError("Only a teacher can change the settings of the class.")
        with write_transaction(self._engine) as connection:
            update_or_insert(connection, class_settings, {"key": key}, {"value": value}, {})


def is_queue_open(connection: sa.Connection) -> bool:
    return _get(connection, "queue_open") is not False


def demand_open_queue(connection: sa.Connection, visitor: Visitor) -> None:
    """Refuse a new run of a visitor while the queue is closed. A teacher still trains."""
    if not _may_queue(connection, visitor):
        raise UserError(CLOSED)


def _may_queue(connection: sa.Connection, visitor: Visitor) -> bool:
    return visitor.is_in_charge or is_queue_open(connection)


def _get(connection: sa.Connection, key: str) -> Any:
    query = sa.select(class_settings.c.value).where(class_settings.c.key == key)
    return connection.execute(query).scalar()
