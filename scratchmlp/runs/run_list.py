"""The list of runs: names, notes, sharing, sparklines, and deletion that can be undone for an hour.

A deleted run disappears from every list at once. After an hour it is removed from the database.
A run that still trains is sent the command to stop when it is deleted.
"""

import time
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs import built_in, damage
from scratchmlp.runs.database import read_transaction, write_transaction
from scratchmlp.runs.permissions import Verb, demand, listed, may
from scratchmlp.runs.quotas import UNLIMITED, Quotas
from scratchmlp.runs.records import LIVE, Run, clean, demand_length
from scratchmlp.runs.tables import NOT_DELETED, commands, epochs, runs, steps

RUN_RETENTION = 3600.0  # seconds in which a deleted run can be restored
MAX_NAME_LENGTH = 200
MAX_NOTE_LENGTH = 10_000
SPARKLINE_POINTS = 40  # at most


def read_runs(connection: sa.Connection, query: sa.Select) -> list[Run]:
    """The runs that a query of the table `runs` finds."""
    rows = connection.execute(query)
    return damage.sound(connection, runs, rows, lambda row: Run.from_row(row._asdict()))


def remove_expired(connection: sa.Connection) -> int:
    """Remove the runs for good that cannot be restored any more; see `RunList.purge`."""
    taught = runs.alias()
    expired = runs.c.deleted <= time.time() - RUN_RETENTION
    is_needed = sa.exists().where(taught.c.parent == runs.c.id)
    return connection.execute(sa.delete(runs).where(expired, ~is_needed)).rowcount


class RunList:
    """The list of the runs in a database, for a visitor."""

    def __init__(self, engine: sa.Engine, quotas: Quotas = UNLIMITED) -> None:
        self._engine, self._visitor, self._quotas = engine, quotas.visitor, quotas

    def under_way(self) -> list[str]:
        """The ids of the runs that wait, train or are paused, the oldest first."""
        query = sa.select(runs.c.id).where(runs.c.status.in_(("queued", *LIVE)), NOT_DELETED)
        query = query.where(listed(self._visitor)).order_by(runs.c.created)
        with read_transaction(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def rename(self, run_id: str, name: str) -> None:
        """Set a run's name; an empty text removes it."""
        self._set_text(run_id, "name", name, MAX_NAME_LENGTH)

    def set_note(self, run_id: str, note: str) -> None:
        """Set a run's note; an empty text removes it."""
        self._set_text(run_id, "note", note, MAX_NOTE_LENGTH)

    def _set_text(self, run_id: str, column: str, text: str, max_length: int) -> None:
        text = clean(text)
        demand_length(column, text, max_length)
        self._set("describe", run_id, **{column: text})

    def share(self, run_id: str, shared: bool) -> None:
        """Put a run into the lists of everybody on this server, or take it out again."""
        self._set("share", run_id, shared=shared)

    def pin(self, run_id: str, pinned: bool) -> None:
        """Show a run to everybody first, or not any more."""
        self._set("pin", run_id, pinned=time.time() if pinned else None)

    def _set(self, verb: Verb, run_id: str, **values: Any) -> None:
        """Set columns of a run, if the visitor may do this to it."""
        with write_transaction(self._engine) as connection:
            demand(connection, self._visitor, verb, [run_id])
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(values))

    def delete(self, run_ids: Collection[str]) -> None:
        """Hide runs from every list. Those that still train are sent the command to stop."""
        now, these = time.time(), runs.c.id.in_(run_ids)
        live = sa.select(runs.c.id).where(these, NOT_DELETED, runs.c.status.in_(LIVE))
        with write_transaction(self._engine) as connection:
            demand(connection, self._visitor, "delete", run_ids)
            stops = [
                {"run": run_id, "kind": "stop", "created": now}
                for run_id in connection.execute(live).scalars()
            ]
            if stops:
                connection.execute(sa.insert(commands), stops)
            connection.execute(sa.update(runs).where(these, NOT_DELETED).values(deleted=now))

    def restore(self, run_ids: Collection[str]) -> None:
        """Undo `delete`. A run that trained has stopped in the meantime."""
        query = sa.update(runs).where(runs.c.id.in_(run_ids)).values(deleted=None)
        with write_transaction(self._engine) as connection:
            demand(connection, self._visitor, "delete", run_ids)
            connection.execute(query)
            self._quotas.check_queue(connection)
            self._quotas.make_room(connection, run_ids)

    def warning(self) -> str | None:
        """A sentence for a visitor who soon has too many runs: what will happen then."""
        with read_transaction(self._engine) as connection:
            return self._quotas.warning(connection)

    def deleted(self) -> list[Run]:
        """The runs that the visitor can restore, the last deleted first."""
        query = sa.select(runs).where(runs.c.deleted > time.time() - RUN_RETENTION)
        if not self._visitor.is_trusted:
            query = query.where(runs.c.owner == self._visitor.id)
        with read_transaction(self._engine) as connection:
            return read_runs(
                connection, query.order_by(runs.c.deleted.desc(), runs.c.created.desc())
            )

    def untaught(self, run_id: str) -> Run:
        """The run that was taught first to make this run: itself if it was never taught.

        It is found also if it was deleted. What the visitor may not copy is not looked through: the
        first run then is the one that was taught from it.
        """
        chain: dict[str, Run] = {}
        parent: str | None = run_id
        with read_transaction(self._engine) as connection:
            while parent and parent not in chain:
                query = sa.select(runs).where(runs.c.id == parent)
                is_built_in = parent == built_in.HANDS
                found = [built_in.run()] if is_built_in else read_runs(connection, query)
                if not found or (chain and not may(self._visitor, "copy", found[0])):
                    break
                chain[parent], parent = found[0], found[0].parent
        if not chain:
            raise UserError(f"There is no run {run_id[:40]}: the list of runs has them all.")
        return [*chain.values()][-1]

    def purge(self) -> int:
        """Remove the runs for good that cannot be restored any more; return their number.

        A run that others were taught from stays: they are taught again from its network.
        """
        with write_transaction(self._engine) as connection:
            return remove_expired(connection)

    def sparklines(
        self, run_ids: Collection[str], points: int = SPARKLINE_POINTS
    ) -> dict[str, list[float]]:
        """The losses of at most `points` steps of each run, evenly spread over all its steps.

        Each step is looked up by its key: a run of 100,000 steps costs as much as one of 100.
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
        with read_transaction(self._engine) as connection:
            for run_id, _, loss in connection.execute(query):
                if isinstance(loss, float):
                    lines.setdefault(run_id, []).append(loss)
        return lines

    def valid_accuracies(self) -> dict[str, float]:
        """The validation accuracy of each listed run after its last epoch, by the run's id.

        A run without an epoch, or without validation pictures, is left out.
        """
        last = sa.select(epochs.c.run, sa.func.max(epochs.c.epoch).label("epoch"))
        last_epoch = last.group_by(epochs.c.run).subquery()
        here = (epochs.c.run == last_epoch.c.run) & (epochs.c.epoch == last_epoch.c.epoch)
        query = sa.select(epochs.c.run, epochs.c.valid_accuracy).join(last_epoch, here)
        query = query.join(runs, runs.c.id == epochs.c.run).where(listed(self._visitor))
        query = query.where(epochs.c.valid_accuracy.is_not(None))
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return {run_id: share for run_id, share in rows if isinstance(share, float)}
