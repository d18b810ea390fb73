"""A visitor who has everything that somebody else could want, and what of it the database says."""

import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from PIL import Image

from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.sources import SOURCES
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import teaching
from scratchmlp.runs.execution import execute
from scratchmlp.runs.network_import import UNKNOWN_DATASET
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store
from scratchmlp.runs.tables import (
    checkpoints,
    class_settings,
    commands,
    drawings,
    epochs,
    runs,
    steps,
    tasks,
    visitors,
)
from scratchmlp.ui.server import COOKIE
from scratchmlp.ui.visitor import digest_of

CONFIG = TrainConfig(dataset="digits", hidden=(16,), epochs=1)
STATUSES = "queued", "running", "paused", "stopped", "failed"
FAR = 1e9  # seconds: a heart that no other process takes for dead
LABEL, PICTURE = "hers only", "a-private-picture"


def new_cookie() -> str:
    return f"{COOKIE}={secrets.token_hex(16)}"


def visitor_of(cookie: str) -> Visitor:
    """Who has this cookie."""
    return Visitor(digest_of("cookie", cookie.partition("=")[2]))


class Victim:
    """Runs of each status that nobody else has the link of, the same with links, and drawings.

    Attributes
    ----------
    linked, hidden : the ids of runs whose links others have, and of those whose links they have
        not, by status; `hidden` has a taught and a deleted run, too.
    shared : the id of a run that all visitors see.
    folder : the dataset of one of the hidden runs, a folder on the server.
    """

    def __init__(self, store: Store, digits: Dataset, folder: Path) -> None:
        self.cookie = new_cookie()
        self.id = visitor_of(self.cookie).id
        self._all = store
        self.own = own = store.seen_by(visitor_of(self.cookie))
        trained = store.create(CONFIG, status="running")
        execute(store, trained)
        self.network = store.network(trained)
        store.run_list.delete([trained])
        self.linked = {status: self._run(status, f"linked {status}") for status in STATUSES}
        self.hidden = {status: self._run(status, f"unseen {status}") for status in STATUSES}
        self.linked["finished"] = self._net("linked finished")
        self.hidden["finished"] = self._net("unseen finished")
        self.hidden["deleted"] = self._net("unseen deleted")
        own.run_list.delete([self.hidden["deleted"]])
        self.shared = self._net("shared finished")
        own.run_list.share(self.shared, True)
        self.drawings = own.drawings.add_all(
            (label, digits.test.images[row], [[(1.0, 2.0), (33.125, 77.875)]])
            for row, label in enumerate([LABEL, "1", "2"])
        )
        taught = own.drawings.examples(self.network.classes)
        self.hidden["taught"] = teaching.teach(own, self.hidden["finished"], taught)
        self.folder = self._private_folder(folder, digits)
        config = replace(CONFIG, dataset=str(self.folder))
        self.hidden["folder"] = self._net("unseen folder", config)
        settings = {"run": self.hidden["finished"], "step": 1, "dataset": "digits", "split": "test"}
        self.task = own.tasks.request("map", settings, self.hidden["finished"]).id
        store.visitors.note_seen(self.id)

    def _run(self, status: Any, name: str) -> str:
        """A run that no worker touches."""
        run_id = self._all.create(CONFIG, name, status)
        values = {"owner": self.id, "note": f"note of {name}", "heartbeat": time.time() + FAR}
        with self._all._engine.begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(values))
        return run_id

    def _net(self, name: str, config: TrainConfig = CONFIG) -> str:
        run_id = self.own.add_network(replace(self.network, config=config), name)
        self.own.run_list.set_note(run_id, f"note of {name}")
        return run_id

    def _private_folder(self, folder: Path, digits: Dataset) -> Path:
        for split in ("training", "testing"):
            for label, image in enumerate(digits.train.images[:10]):
                (folder / split / str(label)).mkdir(parents=True)
                for copy in range(2):
                    Image.fromarray(image).save(
                        folder / split / str(label) / f"{PICTURE}{copy}.png"
                    )
        datasets.load(str(folder))
        return folder

    @property
    def secrets(self) -> list[str]:
        """Texts of what is only the victim's."""
        texts = [self.id, self.cookie.partition("=")[2], LABEL, PICTURE, "33.125", str(self.folder)]
        names = ["unseen", *self.hidden.values(), *self.drawings, self.task]
        return texts + names

    def everything(self) -> dict[str, list[tuple]]:
        """All rows of the victim, and all that only a teacher or the server may write."""
        of_runs = sa.select(runs.c.id).where(runs.c.owner == self.id)
        named = [*SOURCES, UNKNOWN_DATASET]
        queries = {
            table.name: sa.select(table).where(table.c.run.in_(of_runs))
            for table in (steps, epochs, checkpoints, commands)
        }
        for table in (runs, tasks, drawings):
            queries[table.name] = sa.select(table).where(table.c.owner == self.id)
        queries["visitor"] = sa.select(visitors.c.id, visitors.c.nickname, visitors.c.created)
        queries["visitor"] = queries["visitor"].where(visitors.c.id == self.id)
        queries["teachers"] = sa.select(visitors.c.id).where(visitors.c.teacher_key.is_not(None))
        queries["class"] = sa.select(class_settings)
        queries["pinned"] = sa.select(runs.c.id).where(runs.c.pinned.is_not(None))
        queries["folders"] = sa.select(runs.c.id).where(runs.c.dataset.not_in(named))
        with self._all._engine.connect() as connection:
            rows = {name: connection.execute(query).all() for name, query in queries.items()}
        return {name: sorted(map(_plain, found), key=repr) for name, found in rows.items()}


def _plain(row: sa.Row) -> tuple:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def uploaded_picture() -> bytes:
    """A file that nobody else has."""
    return np.random.default_rng().bytes(2000)
