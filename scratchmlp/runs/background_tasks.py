"""Background tasks: long computations about a run or a dataset, done once and stored.

A task is queued, then running, and ends as done, failed or cancelled. Its kind and its settings
identify it: a second request for the same kind and settings returns the same task.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from scratchmlp.errors import UserError
from scratchmlp.net.config import count_weights
from scratchmlp.runs import built_in, damage
from scratchmlp.runs.database import LOST_AFTER, insert_new, read_transaction, write_transaction
from scratchmlp.runs.permissions import demand_dataset
from scratchmlp.runs.quotas import UNLIMITED, Quotas
from scratchmlp.runs.tables import new_id, tasks

Arrays = dict[str, NDArray]

TaskStatus = Literal["queued", "running", "done", "failed", "cancelled", "lost"]

RETRIED: tuple[TaskStatus, ...] = ("failed", "cancelled", "lost")  # a new request starts it again


@dataclass(frozen=True)
class BackgroundTask:
    """A task in the store. Its status is "lost" if it runs and its heartbeat has stopped.

    `done` of `total` units of work are done; `total` is 0 as long as it is unknown.
    """

    id: str
    kind: str
    settings: dict[str, Any]
    status: TaskStatus
    done: int
    total: int
    error: str | None


class BackgroundTasks:
    """The tasks of a runs database, for a visitor. All visitors share their results."""

    def __init__(self, engine: sa.Engine, quotas: Quotas = UNLIMITED) -> None:
        self._engine, self._visitor, self._quotas = engine, quotas.visitor, quotas

    def find(self, kind: str, settings: dict[str, Any]) -> BackgroundTask | None:
        """The task of this kind and these settings, or None if nobody has requested it."""
        with read_transaction(self._engine) as connection:
            found = _read(connection, _select().where(tasks.c.key == _key(kind, settings)))
        return found[0] if found else None

    def get(self, task_id: str) -> BackgroundTask:
        with read_transaction(self._engine) as connection:
            found = _read(connection, _select().where(tasks.c.id == task_id))
        if not found:
            raise UserError("This task does not exist any more: start it again.")
        return found[0]

    def request(
        self, kind: str, settings: dict[str, Any], run_id: str | None = None
    ) -> BackgroundTask:
        """Queue a task unless it is queued, running or done; return it."""
        now, key = time.time(), _key(kind, settings)
        restarted = {
            "status": "queued",
            "created": now,
            "heartbeat": now,
            "done": 0,
            "error": None,
            "tries": 0,
            "worker": None,
            "owner": self._visitor.id,
        }
        run_id = None if run_id == built_in.HANDS else run_id  # it is in no table
        row = {"id": new_id(), "run": run_id, "kind": kind, "settings": settings, "key": key}
        found = self.find(kind, settings)
        self._quotas.check_size(count_weights(settings.get("hidden", ())))
        with write_transaction(self._engine) as connection:
            if dataset := settings.get("dataset"):
                demand_dataset(connection, self._visitor, dataset)
            connection.execute(insert_new(connection, tasks), row | restarted | {"total": 0})
            if found and found.status in RETRIED:
                same = sa.update(tasks).where(tasks.c.id == found.id)
                connection.execute(same.values(restarted))
            self._quotas.check_queue(connection)
        task = self.find(kind, settings)
        assert task is not None
        return task

    def report_progress(self, task_id: str, done: int, total: int) -> bool:
        """Write the progress and the heartbeat; False if the task has been cancelled."""
        return self._change_if(task_id, "running", done=done, total=total, heartbeat=time.time())

    def cancel(self, task_id: str) -> None:
        """Cancel a task, if it is the visitor's own."""
        if not self.may_cancel(task_id):
            raise UserError("Somebody else has started this: only they can cancel it.")
        for status in ("queued", "running"):
            self._change_if(task_id, status, status="cancelled")

    def may_cancel(self, task_id: str) -> bool:
        query = sa.select(tasks.c.owner).where(tasks.c.id == task_id)
        with read_transaction(self._engine) as connection:
            owner = connection.execute(query).scalar()
        return self._visitor.is_in_charge or owner == self._visitor.id

    def finish(self, task_id: str, arrays: Arrays) -> None:
        packed = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        self._change_if(task_id, "running", status="done", result=packed)

    def fail(self, task_id: str, error: str) -> None:
        for status in ("queued", "running"):
            self._change_if(task_id, status, status="failed", error=error)

    def result(self, task_id: str) -> Arrays:
        """The arrays that a finished task has computed."""
        query = sa.select(tasks.c.result).where(tasks.c.id == task_id)
        with read_transaction(self._engine) as connection:
            packed = connection.execute(query).scalar()
        if packed is None:
            raise UserError("This task is not done yet: wait for it, or start it again.")
        try:
            arrays: Arrays = load(bytes(packed))
        except (SafetensorError, TypeError, ValueError) as error:
            raise UserError("The result of this task is damaged: start it again.") from error
        return arrays

    def _change_if(self, task_id: str, old_status: str, **values: Any) -> bool:
        query = sa.update(tasks).where(tasks.c.id == task_id, tasks.c.status == old_status)
        with write_transaction(self._engine) as connection:
            return connection.execute(query.values(values)).rowcount == 1


def _read(connection: sa.Connection, query: sa.Select) -> list[BackgroundTask]:
    return damage.sound(connection, tasks, connection.execute(query), _task)


def _select() -> sa.Select:
    return sa.select(*(column for column in tasks.c if column.name != "result"))


def _task(row: sa.Row) -> BackgroundTask:
    lost = row.status == "running" and time.time() - row.heartbeat > LOST_AFTER
    status: TaskStatus = "lost" if lost else row.status
    return BackgroundTask(row.id, row.kind, row.settings, status, row.done, row.total, row.error)


def _key(kind: str, settings: dict[str, Any]) -> str:
    text = json.dumps([kind, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
