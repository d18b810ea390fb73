"""What one does with runs in a list: name them, note something, delete them and bring them back.

A deleted run is out of sight at once and forgotten for good an hour later, so that a slip of the
hand costs nothing. One that still trains is told to stop first.
"""

import time
from collections.abc import Collection

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.database import commands, reading, runs, steps, writing
from scratchmlp.runs.records import LIVE, Run

KEPT_SECONDS = 3600.0  # how long a deleted run can be brought back
LONGEST_NAME = 200
LONGEST_NOTE = 10_000
POINTS = 40  # of a curve as small as a line of text

THERE = runs.c.deleted.is_(None)


class Catalogue:
    """The list of a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def rename(self, run_id: str, name: str) -> None:
        """Give a run a name; an empty one takes it away."""
        self._describe(run_id, "name", name, LONGEST_NAME)

    def annotate(self, run_id: str, note: str) -> None:
        """Note something about a run."""
        self._describe(run_id, "note", note, LONGEST_NOTE)

    def _describe(self, run_id: str, what: str, text: str, longest: int) -> None:
        text = text.replace("\0", "").strip()  # PostgreSQL keeps no NUL
        if len(text) > longest:
            raise UserError(
                f"A {what} has at most {longest:,} characters: yours has {len(text):,}."
            )
        query = sa.update(runs).where(runs.c.id == run_id).values({what: text})
        with writing(self._engine) as connection:
            connection.execute(query)

    def delete(self, run_ids: Collection[str]) -> None:
        """Put runs out of sight. Those that still train are told to stop."""
        now, these = time.time(), runs.c.id.in_(run_ids)
        live = sa.select(runs.c.id).where(these, THERE, runs.c.status.in_(LIVE))
        with writing(self._engine) as connection:
            stops = [
                {"run": run_id, "kind": "stop", "created": now}
                for run_id in connection.execute(live).scalars()
            ]
            if stops:
                connection.execute(sa.insert(commands), stops)
            connection.execute(sa.update(runs).where(these, THERE).values(deleted=now))

    def restore(self, run_ids: Collection[str]) -> None:
        """Bring deleted runs back as they were; one that trained has stopped meanwhile."""
        query = sa.update(runs).where(runs.c.id.in_(run_ids)).values(deleted=None)
        with writing(self._engine) as connection:
            connection.execute(query)

    def deleted(self) -> list[Run]:
        """The runs that can be brought back, the last deleted first."""
        query = sa.select(runs).where(runs.c.deleted > time.time() - KEPT_SECONDS)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(runs.c.deleted.desc(), runs.c.created.desc()))
            return [Run.of(row._asdict()) for row in rows]

    def forget(self) -> int:
        """Remove for good what was deleted longer ago than it is kept; return how many."""
        query = sa.delete(runs).where(runs.c.deleted <= time.time() - KEPT_SECONDS)
        with writing(self._engine) as connection:
            return connection.execute(query).rowcount

    def sparklines(self, run_ids: Collection[str], points: int = POINTS) -> dict[str, list[float]]:
        """The losses of at most `points` steps of each run, evenly spread over what it has done.

        Each is looked up by its key, so that a run of 100,000 steps costs as much as one of 100.
        """
        shares = sa.values(sa.column("k", sa.Integer)).data([(k,) for k in range(points)])
        k = sa.cast(shares.cte("shares").c.k, sa.BigInteger)
        last = sa.select(sa.func.max(steps.c.step)).where(steps.c.run == runs.c.id)
        ends = sa.select(runs.c.id, last.scalar_subquery().label("last"))
        end = ends.where(runs.c.id.in_(run_ids)).cte("ends")
        step = 1 + k * (end.c.last - 1) // (points - 1)
        query = sa.select(steps.c.run, steps.c.step, steps.c.loss).distinct()
        query = query.where(steps.c.run == end.c.id, steps.c.step == step)
        query = query.where(steps.c.loss.is_not(None)).order_by(steps.c.run, steps.c.step)
        lines: dict[str, list[float]] = {}
        with reading(self._engine) as connection:
            for run_id, _, loss in connection.execute(query):
                lines.setdefault(run_id, []).append(loss)
        return lines
