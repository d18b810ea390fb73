"""Studies: what takes long to work out about a run or a dataset, done once and kept for all.

A study is queued, then running, and ends done, failed or cancelled. It is known by its kind and
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
from scratchmlp.runs.database import LOST_AFTER, new_id, reading, studies, writing

Arrays = dict[str, NDArray]

OVER = ("failed", "cancelled", "lost")


@dataclass(frozen=True)
class Study:
    """A study as the store knows it. `status` says "lost" of one whose heart stopped."""

    id: str
    kind: str
    settings: dict[str, Any]
    status: str
    done: int
    total: int
    error: str | None


class Studies:
    """The studies of a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find(self, kind: str, settings: dict[str, Any]) -> Study | None:
        """The study of that kind and these settings, if anyone asked for it."""
        with reading(self._engine) as connection:
            row = connection.execute(_select().where(studies.c.key == _key(kind, settings))).first()
        return _study(row) if row else None

    def get(self, study_id: str) -> Study:
        with reading(self._engine) as connection:
            row = connection.execute(_select().where(studies.c.id == study_id)).first()
        if row is None:
            raise UserError("This study is not there any more: ask for it again.")
        return _study(row)

    def ask(self, kind: str, settings: dict[str, Any], run_id: str | None = None) -> Study:
        """Queue a study, unless it is queued, under way or done."""
        now, key = time.time(), _key(kind, settings)
        again = {"status": "queued", "created": now, "heartbeat": now, "done": 0, "error": None}
        about = {"id": new_id(), "run": run_id, "kind": kind, "settings": settings, "key": key}
        found = self.find(kind, settings)
        with writing(self._engine) as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            insert = dialect.insert(studies).values(about | again | {"total": 0})
            connection.execute(insert.on_conflict_do_nothing(index_elements=["key"]))
            if found and found.status in OVER:
                same = sa.update(studies).where(studies.c.id == found.id)
                connection.execute(same.values(again))
        made = self.find(kind, settings)
        assert made is not None
        return made

    def queued(self) -> list[str]:
        query = sa.select(studies.c.id).where(studies.c.status == "queued")
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(studies.c.created)).scalars())

    def claim(self, study_id: str) -> bool:
        """Take a queued study to work on it. Only one ever succeeds."""
        return self._change_if(study_id, "queued", status="running", heartbeat=time.time())

    def report(self, study_id: str, done: int, total: int) -> bool:
        """Say how far it is, and hear whether it is still wanted."""
        return self._change_if(study_id, "running", done=done, total=total, heartbeat=time.time())

    def cancel(self, study_id: str) -> None:
        for state in ("queued", "running"):
            self._change_if(study_id, state, status="cancelled")

    def finish(self, study_id: str, arrays: Arrays) -> None:
        packed = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        self._change_if(study_id, "running", status="done", result=packed)

    def fail(self, study_id: str, why: str) -> None:
        for state in ("queued", "running"):
            self._change_if(study_id, state, status="failed", error=why)

    def result(self, study_id: str) -> Arrays:
        """The arrays of a study that is done."""
        query = sa.select(studies.c.result).where(studies.c.id == study_id)
        with reading(self._engine) as connection:
            packed = connection.execute(query).scalar()
        if packed is None:
            raise UserError("This study is not done yet: wait for it, or ask for it again.")
        arrays: Arrays = load(bytes(packed))
        return arrays

    def _change_if(self, study_id: str, state: str, **values: Any) -> bool:
        query = sa.update(studies).where(studies.c.id == study_id, studies.c.status == state)
        with writing(self._engine) as connection:
            return connection.execute(query.values(values)).rowcount == 1


def _select() -> sa.Select:
    return sa.select(*(column for column in studies.c if column.name != "result"))


def _study(row: sa.Row) -> Study:
    lost = row.status == "running" and time.time() - row.heartbeat > LOST_AFTER
    status = "lost" if lost else row.status
    return Study(row.id, row.kind, row.settings, status, row.done, row.total, row.error)


def _key(kind: str, settings: dict[str, Any]) -> str:
    text = json.dumps([kind, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
