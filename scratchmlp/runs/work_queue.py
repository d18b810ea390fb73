"""The queue in the database: what waits, who is next, and what goes on after its worker died.

Runs and background tasks wait in one queue. Workers take the next one from here; nothing else
keeps an order, and `turns.next_up` decides it. What a dead worker did goes back into the queue, as
it was at its last checkpoint.
A run that a terminal trains never enters the queue: it belongs to the process of that terminal.
"""

import statistics
import time
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import queue_state, speed, turns
from scratchmlp.runs.checkpoints import last_position
from scratchmlp.runs.database import read_transaction, write_transaction
from scratchmlp.runs.durations import known_seconds
from scratchmlp.runs.limits import Limits
from scratchmlp.runs.records import LIVE
from scratchmlp.runs.tables import NOT_DELETED, commands, epochs, runs, steps, tasks
from scratchmlp.runs.turns import Item, Served, Start, Waiting

NEW = Item("run", "")  # a run that somebody may put into the queue
MAX_TRIES = 3  # workers that die in a row, without a checkpoint between them
DIED = (
    f"The process that worked on this was killed {MAX_TRIES} times without progress, by a person "
    "or because memory ran out:"
)


class Heart(NamedTuple):
    """What a worker does, or did until it died: an item, and when its heart last beat."""

    item: Item
    beat: float
    worker: str | None = None


class WorkQueue:
    """The queue of a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._max_running = Limits.read().running

    def waiting(self) -> list[Item]:
        """What waits for a worker, in the order in which workers take it."""
        first, later = self._in_order()
        return first + later

    def count_ready(self) -> int:
        """How many workers would find something to do. Visitors may have only so much at once."""
        return len(self._in_order()[0])

    def _in_order(self) -> tuple[list[Item], list[Item]]:
        now = time.time()
        with read_transaction(self._engine) as connection:
            waiting = queue_state.read_waiting(connection)
            served = [*queue_state.read_served(connection, now).values()] if waiting else []
        return turns.in_order(waiting, served, self._max_running, now)

    def starts(
        self, workers: int, owner: str | None = None, config: TrainConfig | None = None
    ) -> dict[Item, Start]:
        """When each item is expected to start, by how long similar runs took.

        Parameters
        ----------
        workers : how many items are done at the same time.
        owner, config : of a run that would be queued now: it is the item `NEW`.
        """
        now = time.time()
        with read_transaction(self._engine) as connection:
            waiting = queue_state.read_waiting(connection)
            served = queue_state.read_served(connection, now)
            work = queue_state.read_work(connection)
            measured = queue_state.read_measured(connection)
        if config and owner is not None:
            waiting.append(Waiting(NEW, owner, now))
            work[NEW] = queue_state.Work(config, 0, None)
        if not waiting:
            return {}

        def left(item: Item) -> float:
            since = now - served[item].started if item in served else 0.0
            return queue_state.seconds_left(item, work, measured, since)

        ends = [
            (now + left(item), position)
            for position, (item, one) in enumerate(served.items())
            if one.state == "running" and (item in work or item.kind == "task")
        ]
        lasts = {one.item: left(one.item) for one in waiting}
        taken: list[Served] = [*served.values()]
        presses = turns.expected_presses(waiting, taken, now)
        usual = statistics.mean(lasts.values())
        lasts |= {one.item: usual for one in presses}
        return turns.starts(waiting, taken, lasts, ends, workers, self._max_running, now, presses)

    def known_seconds(self, configs: Sequence[TrainConfig]) -> list[float | None]:
        """How long a run of each of these settings takes here; None where that is not known.

        The steps that are measured on this machine count as its oldest runs.
        """
        with read_transaction(self._engine) as connection:
            measured = queue_state.read_measured(connection)
        measured += speed.of_this_machine()
        return [known_seconds(config, measured) for config in configs]

    def claim_next(self, worker: str | None = None) -> Item | None:
        """Take the next item out of the queue; None if nothing waits. Only one process gets it.

        Parameters
        ----------
        worker : a name of the worker that takes it.
        """
        while True:
            with write_transaction(self._engine) as connection:
                now = time.time()  # not before: who waits for the lock is claimed an item later
                waiting = queue_state.read_waiting(connection)
                if not waiting:
                    return None
                served = queue_state.read_served(connection, now).values()
                had = turns.shares(served, now)
                first = turns.next_up(waiting, had, self._max_running)
                if first is None:
                    return None
                if claim(connection, first.item, now, worker):
                    return first.item

    def hearts(self) -> list[Heart]:
        """What workers do now or did until they died, except paused runs without a command.

        If there is any, it is read in a transaction that can write: if that succeeds, a living
        worker can write its heartbeat too. An idle app only reads.
        """
        commanded = sa.exists().where(commands.c.run == runs.c.id, *_UNHEARD)
        worked_on = sa.or_(runs.c.status == "running", (runs.c.status == "paused") & commanded)
        of_runs = sa.select(sa.literal("run"), runs.c.id, runs.c.heartbeat, runs.c.worker)
        of_tasks = sa.select(sa.literal("task"), tasks.c.id, tasks.c.heartbeat, tasks.c.worker)
        query = sa.union_all(
            of_runs.where(worked_on, runs.c.tries.is_not(None)),
            of_tasks.where(tasks.c.status == "running"),
        )
        for transaction in (read_transaction, write_transaction):
            with transaction(self._engine) as connection:
                rows = connection.execute(query).all()
            if not rows:
                return []
        return [Heart(Item(kind, id), beat, worker) for kind, id, beat, worker in rows]

    def revive(self, heart: Heart) -> None:
        """Put back into the queue what a dead worker did, unless its heart has beaten since.

        A run that was told to pause or to stop does not go back: it is then paused or stopped.
        """
        table = _table(heart.item)
        still_dead = table.c.id == heart.item.id, table.c.heartbeat == heart.beat
        with write_transaction(self._engine) as connection:
            query = sa.select(table.c.status, table.c.tries).where(*still_dead)
            row = connection.execute(query.with_for_update()).first()
            if row is None or row.status not in LIVE or row.tries is None:
                return
            wanted = row.status
            if heart.item.kind == "run":
                wanted = _wanted_status(connection, heart.item.id, row.status)
            if wanted == "running":
                _try_again(connection, heart.item, row.tries)
            else:
                ended = {"ended": time.time()} if wanted == "stopped" else {}
                this = sa.update(runs).where(runs.c.id == heart.item.id)
                connection.execute(this.values({"status": wanted} | ended))
                obeyed = sa.delete(commands).where(commands.c.run == heart.item.id, *_UNHEARD)
                connection.execute(obeyed)


def claim(connection: sa.Connection, item: Item, now: float, worker: str | None = None) -> bool:
    """Take an item out of the queue, unless another process has."""
    table = _table(item)
    values = {"status": "running", "heartbeat": now, "error": None, "worker": worker}
    values["tries"] = sa.func.coalesce(table.c.tries, 0) + 1
    query = sa.update(table).where(table.c.id == item.id, table.c.status == "queued")
    if item.kind == "run":
        values["started"] = now
        query = query.where(NOT_DELETED)
    return connection.execute(query.values(values)).rowcount == 1


def rewind(connection: sa.Connection, run_id: str) -> None:
    """Make a run what it was at its last checkpoint, and put it at the end of no pause.

    Its learning rates of later steps stay: the run receives each again at the same step. "One
    epoch" stays too, if it was in force. Other commands that were applied later are forgotten.
    """
    step, epoch = last_position(connection, run_id)
    for key, done in ((steps.c.step, step), (epochs.c.epoch, epoch)):
        connection.execute(sa.delete(key.table).where(key.table.c.run == run_id, key > done))
    late = commands.c.run == run_id, commands.c.applied_step >= step, commands.c.kind != "lr"
    newest = sa.select(commands.c.id, commands.c.kind).where(*late)
    newest = newest.order_by(commands.c.id.desc()).limit(1)
    in_force = connection.execute(newest).first()
    if in_force and in_force.kind == "epoch":
        again = sa.update(commands).where(commands.c.id == in_force.id)
        connection.execute(again.values(applied_step=None))
    connection.execute(sa.delete(commands).where(*late))


def _table(item: Item) -> sa.Table:
    return runs if item.kind == "run" else tasks


# A new learning rate changes no status: it waits until the run goes on.
_UNHEARD = commands.c.applied_step.is_(None), commands.c.kind != "lr"
AFTER = {"pause": "paused", "resume": "running", "epoch": "running", "stop": "stopped"}


def _wanted_status(connection: sa.Connection, run_id: str, status: str) -> str:
    """The status that a run would have if a process had obeyed its pending commands."""
    query = sa.select(commands.c.kind).where(commands.c.run == run_id, *_UNHEARD)
    kinds: Sequence[str] = connection.execute(query.order_by(commands.c.id)).scalars().all()
    if "stop" in kinds:
        return "stopped"
    return AFTER[kinds[-1]] if kinds else status


def _try_again(connection: sa.Connection, item: Item, tries: int) -> None:
    """Queue an item again, or let it fail if too many workers have died of it."""
    now, this = time.time(), sa.update(_table(item)).where(_table(item).c.id == item.id)
    if tries >= MAX_TRIES and item.kind == "run":
        error = f"{DIED} choose smaller settings, or resume it from its last checkpoint."
        connection.execute(this.values(status="failed", error=error, ended=now))
    elif tries >= MAX_TRIES:
        connection.execute(this.values(status="failed", error=f"{DIED} start it again."))
    elif item.kind == "run":
        rewind(connection, item.id)
        connection.execute(this.values(status="queued", started=None, heartbeat=now))
    else:
        connection.execute(this.values(status="queued", done=0, heartbeat=now))
