"""Keeps each visitor within their limits: the store asks this for every write that adds something.

A visitor who may do everything has no limits. Each refusal is one sentence.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.limits import Limits
from scratchmlp.runs.permissions import LOCAL, Visitor
from scratchmlp.runs.records import ENDED
from scratchmlp.runs.tables import NOT_DELETED, drawings, runs, tasks

NEARLY = 0.9  # of the runs that a visitor may keep: from here on the page warns


@dataclass(frozen=True)
class Quotas:
    """The limits of a visitor, in the transactions of a store."""

    visitor: Visitor
    limits: Limits

    @property
    def max_seconds(self) -> float | None:
        """The seconds of training that a new run of this visitor has."""
        return None if self.visitor.is_trusted else self.limits.seconds

    def check_size(self, weights: int) -> None:
        """Refuse a network of too many weights."""
        if not self.visitor.is_trusted and weights > self.limits.weights:
            raise UserError(
                f"This network has {weights:,} weights, and at most {self.limits.weights:,} are "
                "allowed on this server: choose fewer or smaller hidden layers."
            )

    def check_queue(self, connection: sa.Connection) -> None:
        """Refuse what has just been queued, if the visitor has too much in the queue."""
        if self.visitor.is_trusted:
            return
        self._lock(connection)
        for table, what in ((runs, "run"), (tasks, "background task")):
            own = table.c.owner == self.visitor.id, table.c.status == "queued"
            condition = (*own, NOT_DELETED) if table is runs else own
            most = self.limits.waiting
            if _count(connection, table, *condition) > most:
                raise UserError(
                    f"You have {most} {what}{'s' if most > 1 else ''} in the queue, the most: "
                    "wait until one starts, or cancel one."
                )

    def make_room(self, connection: sa.Connection, added: Collection[str]) -> list[str]:
        """Delete the oldest unnamed runs of a visitor who has too many; return their ids.

        Named, shared and pinned runs stay, and those under way.

        Parameters
        ----------
        added : the ids of runs that have just been added; they stay too.

        Raises
        ------
        UserError
            Not enough runs may be deleted: they are named, shared, pinned or under way.
        """
        if self.visitor.is_trusted:
            return []
        self._lock(connection)
        surplus = self.count_runs(connection) - self.limits.runs
        if surplus <= 0:
            return []
        is_own = runs.c.owner == self.visitor.id, NOT_DELETED, runs.c.id.not_in(added)
        is_private = runs.c.name == "", runs.c.shared.is_(False), runs.c.pinned.is_(None)
        has_ended = runs.c.status.in_(ENDED)
        oldest = sa.select(runs.c.id).where(*is_own, *is_private, has_ended)
        query = oldest.order_by(runs.c.created, runs.c.id).limit(surplus)
        gone = list(connection.execute(query).scalars())
        if len(gone) < surplus:
            raise UserError(
                f"You keep {self.limits.runs:,} runs, which is the most, and have named or shared "
                "them: delete some on the Runs page."
            )
        these = sa.update(runs).where(runs.c.id.in_(gone))
        connection.execute(these.values(deleted=time.time()))
        _forget_deleted(connection, runs, runs.c.owner == self.visitor.id, self.limits.runs)
        return gone

    def count_runs(self, connection: sa.Connection) -> int:
        return _count(connection, runs, runs.c.owner == self.visitor.id, NOT_DELETED)

    def warning(self, connection: sa.Connection) -> str | None:
        """A sentence for a visitor who soon has too many runs."""
        if self.visitor.is_trusted:
            return None
        kept, most = self.count_runs(connection), self.limits.runs
        if kept < NEARLY * most:
            return None
        return (
            f"You keep {kept:,} of at most {most:,} runs. Name those you want to keep: from "
            f"{most:,} on, each new run deletes the oldest unnamed one."
        )

    def check_drawings(self, connection: sa.Connection, most: int) -> None:
        """Refuse drawings that have just been added, if there are too many.

        `most` is what the owner of the machine may have.
        """
        most = most if self.visitor.is_trusted else min(most, self.limits.drawings)
        own = drawings.c.owner == self.visitor.id
        self._lock(connection)
        if _count(connection, drawings, own, drawings.c.deleted.is_(None)) > most:
            raise UserError(f"At most {most:,} drawings can be saved: delete some.")
        if not self.visitor.is_trusted:
            _forget_deleted(connection, drawings, own, most)

    def _lock(self, connection: sa.Connection) -> None:
        """Let only one transaction at a time count what a visitor has. SQLite has only one."""
        if connection.dialect.name == "postgresql":
            key = sa.func.hashtext(self.visitor.id)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _forget_deleted(
    connection: sa.Connection, table: sa.Table, own: sa.ColumnElement[bool], most: int
) -> None:
    """Remove deleted rows for good, except the `most` that were deleted last."""
    deleted = sa.select(table.c.id).where(own, table.c.deleted.is_not(None))
    query = deleted.order_by(table.c.deleted.desc(), table.c.id).offset(most)
    old = list(connection.execute(query.limit(most)).scalars())
    connection.execute(sa.delete(table).where(table.c.id.in_(old)))


def _count(connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(*conditions)
    return int(connection.execute(query).scalar_one())


UNLIMITED = Quotas(LOCAL, Limits())
