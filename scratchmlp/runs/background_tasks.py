"""Background tasks: what takes long to work out about a run or a dataset, done once and kept.

A task is queued, then running, and ends done, failed or cancelled. It is known by its kind and
settings: who asks for the same again gets what is there, or what is under way.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from safetensors.numpy import load, save
from sqlalchemy.dialects import postgresql, sqlite

from scratchmlp.errors import UserError
from scratchmlp.runs.database import LOST_AFTER, new_id, reading, tasks, writing

Arrays = dict[str, NDArray]

OVER = ("failed", "cancelled", "lost")


@dataclass(frozen=True)
class BackgroundTask:
    """A task as the store knows it. `status` says "lost" of one whose heart stopped."""

    id: str
    kind: str
    settings: dict[str, Any]
    status: str
    done: int
    total: int
    error: str | None


class BackgroundTasks:
    """The tasks of a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find(self, kind: str, settings: dict[str, Any]) -> BackgroundTask | None:
        """The task of that kind and these settings, if anyone asked for it."""
        with reading(self._engine) as connection:
            row = connection.execute(_select().where(tasks.c.key == _key(kind, settings))).first()
        return _task(row) if row else None

    def get(self, task_id: str) -> BackgroundTask:
        with reading(self._engine) as connection:
            row = connection.execute(_select().where(tasks.c.id == task_id)).first()
        if row is None:
            raise UserError("This task is not there any more: ask for it again.")
        return _task(row)

    def ask(self, kind: str, settings: dict[str, Any], run_id: str | None = None) -> BackgroundTask:
        """Queue a task, unless it is queued, under way or done."""
        now, key = time.time(), _key(kind, settings)
        again = {"status": "queued", "created": now, "heartbeat": now, "done": 0, "error": None}
        about = {"id": new_id(), "run": run_id, "kind": kind, "settings": settings, "key": key}
        found = self.find(kind, settings)
        with writing(self._engine) as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            insert = dialect.insert(tasks).values(about | again | {"total": 0})
            connection.execute(insert.on_conflict_do_nothing(index_elements=["key"]))
            if found and found.status in OVER:
                same = sa.update(tasks).where(tasks.c.id == found.id)
                connection.execute(same.values(again))
        made = self.find(kind, settings)
        assert made is not None
        return made

    def queued(self) -> list[str]:
        query = sa.select(tasks.c.id).where(tasks.c.status == "queued")
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(tasks.c.created)).scalars())

    def claim(self, task_id: str) -> bool:
        """Take a queued task to work on it. Only one ever succeeds."""
        return self._change_if(task_id, "queued", status="running", heartbeat=time.time())

    def report(self, task_id: str, done: int, total: int) -> bool:
        """Say how far it is, and hear whether it is still wanted."""
        return self._change_if(task_id, "running", done=done, total=total, heartbeat=time.time())

    def cancel(self, task_id: str) -> None:
        for state in ("queued", "running"):
            self._change_if(task_id, state, status="cancelled")

    def finish(self, task_id: str, arrays: Arrays) -> None:
        packed = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        self._change_if(task_id, "running", status="done", result=packed)

    def fail(self, task_id: str, why: str) -> None:
        for state in ("queued", "running"):
            self._change_if(task_id, state, status="failed", error=why)

    def result(self, task_id: str) -> Arrays:
        """The arrays of a task that is done."""
        query = sa.select(tasks.c.result).where(tasks.c.id == task_id)
        with reading(self._engine) as connection:
            packed = connection.execute(query).scalar()
        if packed is None:
            raise UserError("This task is not done yet: wait for it, or ask for it again.")
        arrays: Arrays = load(bytes(packed))
        return arrays

    def _change_if(self, task_id: str, state: str, **values: Any) -> bool:
        query = sa.update(tasks).where(tasks.c.id == task_id, tasks.c.status == state)
        with writing(self._engine) as connection:
            return connection.execute(query.values(values)).rowcount == 1


def _select() -> sa.Select:
    return sa.select(*(column for column in tasks.c if column.name != "result"))


def _task(row: sa.Row) -> BackgroundTask:
    lost = row.status == "running" and time.time() - row.heartbeat > LOST_AFTER
    status = "lost" if lost else row.status
    return BackgroundTask(row.id, row.kind, row.settings, status, row.done, row.total, row.error)


def _key(kind: str, settings: dict[str, Any]) -> str:
    text = json.dumps([kind, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
