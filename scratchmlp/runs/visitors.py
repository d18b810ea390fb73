"""Visitors: nicknames, when they were seen, the links they hold, the first steps they have done.

A visitor of a hosted server can be forgotten: then nothing is left of them and of what they made.
"""

import time
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.database import (
    insert_new,
    read_transaction,
    update_or_insert,
    write_transaction,
)
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.records import demand_length, one_line
from scratchmlp.runs.tables import drawings, first_steps, held_links, runs, tasks, visitors

MAX_NICKNAME_LENGTH = 40
UNNAMED, OWN, SERVER = "a visitor", "you", "this server"
"""What lists say of a visitor without a nickname, of oneself, and of the machine's owner."""
SEEN_SECONDS = 30.0  # between two notes that a visitor is here

FirstStep = Literal["train", "errors", "draw", "dismissed"]
"""What a newcomer does first: trains, sees errors, draws. "dismissed": wants no list of it."""


@dataclass(frozen=True)
class KnownVisitor:
    """A visitor in the database. Times are seconds since 1970 (UTC)."""

    id: str
    nickname: str
    created: float
    seen: float
    teacher_key: str | None


class Visitors:
    """The visitors of a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find(self, visitor_id: str) -> KnownVisitor | None:
        found = self._read(visitors.c.id == visitor_id)
        return found[0] if found else None

    def all(self) -> list[KnownVisitor]:
        """All visitors, the last seen first."""
        return self._read(sa.true())

    def _read(self, condition: sa.ColumnElement[bool]) -> list[KnownVisitor]:
        columns = [visitors.c[name] for name in KnownVisitor.__dataclass_fields__]
        query = sa.select(*columns).where(condition).order_by(visitors.c.seen.desc())
        with read_transaction(self._engine) as connection:
            return [KnownVisitor(*row) for row in connection.execute(query)]

    def note_seen(self, visitor_id: str) -> None:
        """Note that a visitor is here."""
        self._set(visitor_id, seen=time.time())

    def set_nickname(self, visitor_id: str, nickname: str) -> None:
        """Set what others call this visitor; an empty text removes it."""
        nickname = one_line(nickname)
        demand_length("nickname", nickname, MAX_NICKNAME_LENGTH)
        if nickname.casefold() in (UNNAMED, OWN, SERVER):
            raise UserError(f"Nobody can be called {nickname}: choose another nickname.")
        self._set(visitor_id, nickname=nickname)

    def set_teacher_key(self, visitor_id: str, digest: str | None) -> None:
        """Note the digest of the teacher's key that a visitor entered."""
        self._set(visitor_id, teacher_key=digest)

    def _set(self, visitor_id: str, **values: object) -> None:
        now = time.time()
        new = {"nickname": "", "created": now, "seen": now}
        with write_transaction(self._engine) as connection:
            update_or_insert(connection, visitors, {"id": visitor_id}, values, new)

    def nicknames(self) -> dict[str, str]:
        """What each visitor with a nickname is called, by the visitor's id."""
        query = sa.select(visitors.c.id, visitors.c.nickname).where(visitors.c.nickname != "")
        with read_transaction(self._engine) as connection:
            return {row.id: row.nickname for row in connection.execute(query)}

    def hold_link(self, visitor: Visitor, run_id: str) -> None:
        """Keep a run in a visitor's lists that they opened by its link."""
        row = sa.select(sa.literal(visitor.id), runs.c.id).where(runs.c.id == run_id)
        with write_transaction(self._engine) as connection:
            insert = insert_new(connection, held_links)
            if connection.execute(row).first():
                connection.execute(insert.values(visitor=visitor.id, run=run_id))

    def first_steps(self, visitor_id: str) -> set[str]:
        """The first steps that a visitor has done."""
        query = sa.select(first_steps.c.step).where(first_steps.c.visitor == visitor_id)
        with read_transaction(self._engine) as connection:
            return {*connection.execute(query).scalars()}

    def note_first_step(self, visitor_id: str, step: FirstStep) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(
                insert_new(connection, first_steps).values(visitor=visitor_id, step=step)
            )

    def forget(self, visitor: Visitor) -> None:
        """Delete for good what a visitor has made and done, the links they hold, and who they are.

        A process that trains one of their runs finds that it is gone, and lets go.
        """
        if visitor.is_trusted:
            raise UserError("Only a visitor of a hosted server can be forgotten.")
        with write_transaction(self._engine) as connection:
            for owner in (
                runs.c.owner,
                tasks.c.owner,
                drawings.c.owner,
                held_links.c.visitor,
                first_steps.c.visitor,
                visitors.c.id,
            ):
                connection.execute(sa.delete(owner.table).where(owner == visitor.id))
