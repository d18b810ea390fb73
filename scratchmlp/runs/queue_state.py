"""Reads from the database what the order of the queue and its forecast are made of."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.durations import (
    OVERHEAD,
    TASK_SECONDS,
    Measured,
    expected_seconds,
    expected_steps,
)
from scratchmlp.runs.records import LIVE, config_of
from scratchmlp.runs.tables import NOT_DELETED, epochs, runs, steps, tasks
from scratchmlp.runs.turns import WINDOW, Item, Served, State, Waiting

MOST_MEASURED = 60  # finished runs that a forecast looks at, the newest


def read_waiting(connection: sa.Connection) -> list[Waiting]:
    """What waits. A worker's name stays at what it did when it died."""
    columns = ("id", "owner", "created", "worker")
    of_runs = sa.select(sa.literal("run"), *(runs.c[name] for name in columns))
    of_tasks = sa.select(sa.literal("task"), *(tasks.c[name] for name in columns))
    query = sa.union_all(
        of_runs.where(runs.c.status == "queued", NOT_DELETED),
        of_tasks.where(tasks.c.status == "queued"),
    )
    return [
        Waiting(Item(kind, id), str(owner), _number(created), worker is not None)
        for kind, id, owner, created, worker in connection.execute(query)
    ]


def read_served(connection: sa.Connection, now: float) -> dict[Item, Served]:
    """What workers do, and the runs that started in the last hour, deleted ones too."""
    trained = sa.select(sa.func.sum(epochs.c.seconds)).where(epochs.c.run == runs.c.id)
    seconds = sa.func.coalesce(runs.c.train_seconds, trained.scalar_subquery(), 0.0)
    known = sa.case((runs.c.status == "running", 0.0), else_=seconds)
    query = sa.select(runs.c.id, runs.c.owner, runs.c.status, runs.c.started, known.label("known"))
    query = query.where(sa.or_(runs.c.status.in_(LIVE), runs.c.started > now - WINDOW))
    found = {}
    for id, owner, status, started, seconds in connection.execute(query):
        state: State = status if status in LIVE else "ended"
        served = Served(str(owner), _number(started), state, _number(seconds))
        found[Item("run", id)] = served
    running = sa.select(tasks.c.id, tasks.c.owner, tasks.c.heartbeat)
    for id, owner, beat in connection.execute(running.where(tasks.c.status == "running")):
        found[Item("task", id)] = Served(str(owner), _number(beat), "running")
    return found


class Work(NamedTuple):
    """A run in the queue or in a worker: its settings, its steps so far, and its limit."""

    config: TrainConfig
    done: int
    max_seconds: float | None


def read_work(connection: sa.Connection) -> dict[Item, Work]:
    """The runs that wait or that workers train."""
    done = sa.select(sa.func.max(steps.c.step)).where(steps.c.run == runs.c.id)
    query = sa.select(
        runs.c.id, runs.c.config, runs.c.max_seconds, done.scalar_subquery().label("done")
    )
    on_the_way = runs.c.status == "running", runs.c.tries.is_not(None)
    query = query.where(NOT_DELETED, sa.or_(runs.c.status == "queued", sa.and_(*on_the_way)))
    found = {}
    for row in connection.execute(query):
        if config := _config(row.config):
            limit = _number(row.max_seconds) or None
            found[Item("run", row.id)] = Work(config, int(_number(row.done)), limit)
    return found


def read_measured(connection: sa.Connection) -> list[Measured]:
    """The last runs that workers finished, the newest first. A pause does not count."""
    columns = (runs.c.config, runs.c.total_steps, runs.c.started, runs.c.ended)
    query = sa.select(*columns, runs.c.train_seconds).where(
        runs.c.status == "finished", runs.c.tries.is_not(None), runs.c.total_steps > 0
    )
    found = []
    rows = connection.execute(query.order_by(runs.c.ended.desc()).limit(MOST_MEASURED))
    for row in rows:
        wall, trained = _number(row.ended) - _number(row.started), _number(row.train_seconds)
        config, was_paused = _config(row.config), not trained <= wall <= 2 * trained + 5
        if config and trained:
            seconds = 1.2 * trained if was_paused else wall
            found.append(Measured(config, int(_number(row.total_steps)), seconds))
    return found


def seconds_left(
    item: Item, work: dict[Item, Work], measured: list[Measured], since: float = 0.0
) -> float:
    """The seconds that an item will still take.

    A run that is well under way, for `since` seconds, goes on as fast as it went so far.
    """
    if item not in work:
        return TASK_SECONDS
    config, done, most = work[item]
    to_do = expected_steps(config, measured) - done
    seconds = expected_seconds(config, measured, done)
    if since and done > to_do / 10:
        seconds = OVERHEAD + since / done * max(0, to_do)
    return seconds if most is None else min(seconds, max(0.0, most - since))


def _config(values: Any) -> TrainConfig | None:
    try:
        return config_of(values)
    except (UserError, AttributeError, TypeError, ValueError):  # a damaged row
        return None


def _number(value: Any) -> float:
    """A number of a row; 0 for none, and for what a damaged row holds instead."""
    return float(value) if isinstance(value, int | float) and value == value else 0.0
