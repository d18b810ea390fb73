"""What all visitors share: the store, the workers, the data, and what is cached of runs."""

import logging
import os
import threading
from contextlib import suppress
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.analysis import out_of_distribution
from scratchmlp.data import datasets, sources, uploads
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network
from scratchmlp.runs.cluster import LocalCluster, default_workers
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.history import History
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.outbox import Outbox
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import CommandKind, Run, Store
from scratchmlp.ui import visitor

log = logging.getLogger(__name__)

HISTORY_SECONDS = 0.8  # in which all who look at a run that trains see the same steps


def store() -> Store:
    """The store, for the visitor who looks at the page."""
    return shared_store().seen_by(current_visitor())


def current_visitor() -> Visitor:
    """The visitor who looks at the page."""
    return visitor.current(shared_store().visitors)


@st.cache_resource(show_spinner=False)
def shared_store() -> Store:
    """The store of the server itself, which may do everything."""
    opened = Store()
    with suppress(StoreError):  # a database that can only be read is cleaned at a later start
        opened.run_list.purge()
    return opened


@st.cache_resource(show_spinner=False)
def workers() -> LocalCluster | str:
    """The processes of this machine that train, or the address of the scheduler of others."""
    return os.environ.get("SCRATCHMLP_SCHEDULER") or LocalCluster(default_workers())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    return Jobs(shared_store(), workers())


@st.cache_resource(show_spinner=False, max_entries=40)
def network(run_id: str, step: int, best: bool = False) -> Network:
    """The network of a run's last checkpoint, or of its best epoch.

    `step` is that of the last checkpoint: a newer one is loaded anew.
    """
    return shared_store().network(run_id, best)


def last_network(run_id: str) -> Network:
    """The network of a run's last checkpoint."""
    return network(run_id, store().last_checkpoint(run_id)[0])


class Preparation:
    """Prepares the data in a thread, once for all visitors, and starts to train a first run on it.

    Attributes
    ----------
    dataset : "mnist", or "digits" where MNIST cannot be loaded; None until that is known.
    missing : why MNIST cannot be loaded.
    what, done, total : the present step, and how far it is.
    share : how much of that step is done, 0 to 1.
    """

    THREAD = "preparation"

    def __init__(self) -> None:
        self.dataset: str | None = None
        self.missing: str | None = None
        self.what, self.done, self.total = "Starting", 0, 0
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 0.0

    def start(self) -> None:
        """Start the thread, unless it is running."""
        with self._lock:
            if not self.is_running:
                self.dataset = self.missing = None
                self._thread = threading.Thread(target=self._prepare, daemon=True, name=self.THREAD)
                self._thread.start()

    def _prepare(self) -> None:
        try:
            name = sources.DEFAULT
            pictures = len(datasets.load(name, self._progress).train)
        except UserError as error:
            self.missing = str(error)
            name = sources.FALLBACK
            pictures = len(datasets.load(name, self._progress).train)
        try:
            config = replace(presets.find(presets.to_begin_with(pictures)).config, dataset=name)
            first = shared_store().create_first(config, for_all=visitor.is_hosted())
            if first:
                jobs().wake()
        except UserError as error:  # the page meets the same trouble, and shows it
            log.warning("%s", error)
        self.dataset = name
        try:
            out_of_distribution.detector(name)  # so that the first drawing is predicted at once
        except UserError as error:  # the dataset was removed a moment ago
            log.warning("%s", error)

    def _progress(self, what: str, done: int, total: int) -> None:
        self.what, self.done, self.total = what, done, total


@st.cache_resource(show_spinner=False)
def preparation() -> Preparation:
    made = Preparation()
    made.start()
    return made


def history(run: Run) -> History:
    """The run's steps and epochs so far; only new ones are read from the store."""
    max_age = HISTORY_SECONDS if run.is_live else 0.0
    return _history(run.id, run.started, run.total_steps, run).update(shared_store(), max_age)


@st.cache_resource(show_spinner=False, max_entries=40)
def _history(run_id: str, started: float | None, total_steps: int | None, _run: Run) -> History:
    """A resumed run has a new history, since it went back to its last checkpoint."""
    return History(_run)


def forget_runs() -> None:
    """Forget their networks and histories: they are loaded again for the next visitor."""
    network.clear()
    _history.clear()


@st.cache_resource(show_spinner=False)
def _ended_sparklines() -> dict[tuple[str, float | None], list[float]]:
    """Sparklines of runs that have ended, by id and time of the end; they do not change."""
    return {}


def sparklines(runs: list[Run]) -> dict[str, list[float]]:
    """Some losses of each run, from its first step to its last, by the run's id."""
    known = _ended_sparklines()
    new = [run for run in runs if (run.id, run.ended) not in known]
    lines = store().run_list.sparklines([run.id for run in new])
    known.update({(run.id, run.ended): lines.get(run.id, []) for run in new if run.ended})
    return {run.id: known.get((run.id, run.ended)) or lines.get(run.id, []) for run in runs}


@st.cache_resource(show_spinner=False, max_entries=100, ttl=60)
def first_picture(dataset: str) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    """The classes of a dataset and its first picture; a dataset is not decoded for that.

    It is remembered, because to look whether a folder has changed takes long.

    Raises
    ------
    UserError
        No part of it is prepared, or its folder is away; that is not remembered.
    """
    part = datasets.prepared_part(dataset)
    if part is None:
        raise UserError(f"The dataset {dataset} is not prepared on this machine.")
    loaded = datasets.load(part)
    return loaded.classes, loaded.train.images[0]


def known_datasets() -> list[str]:
    """Datasets without a name that a link may ask for: those of runs, and the visitor's uploads."""
    of_runs = {run.dataset for run in store().runs() if not sources.is_named(run.dataset)}
    return sorted(filter(datasets.is_prepared, of_runs | {*uploads.owned(store().visitor.id)}))


def submit(config: TrainConfig) -> str:
    """Put a new run into the queue, and return its id."""
    run_id = store().create(config)
    jobs().wake()
    return run_id


def resume(run_id: str) -> None:
    store().requeue(run_id)
    jobs().wake()


@st.cache_resource(show_spinner=False)
def outbox() -> Outbox:
    return Outbox()


NAMES: dict[CommandKind, str] = {
    "pause": "Pause",
    "resume": "Resume",
    "epoch": "One epoch",
    "stop": "Stop",
    "lr": "The learning rate",
}


def send(run_id: str, kind: CommandKind, value: float | None = None) -> None:
    """Send a command to a run; it waits if the database is locked or away."""
    own = store()  # the outbox works in a thread that knows no visitor
    outbox().do(run_id, NAMES[kind], lambda: own.send(run_id, kind, value))


def cancel_or_stop(run_id: str) -> None:
    """Take a run out of the queue, or stop it if a worker has already started it."""
    own = store()
    outbox().do(run_id, NAMES["stop"], lambda: _cancel_or_stop(own, run_id))


def _cancel_or_stop(store: Store, run_id: str) -> None:
    if not store.cancel(run_id):
        store.send(run_id, "stop")
