"""What outlives a rerun: the store, the workers and the data of the app, and a visitor's state.

Every key of `st.session_state` that is not a control's is named here.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import streamlit as st

from scratchmlp.analysis import out_of_distribution
from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.history import History
from scratchmlp.runs.jobs import Jobs
from scratchmlp.runs.store import Run, Store

SETTINGS = "settings"  # the TrainConfig that the controls show
BASE = "base"  # the recipe it departs from, as a TrainConfig
RECIPE = "recipe"  # that recipe's name
LINK = "link"  # the TrainConfig of the link that was followed
HIDDEN = "hidden_controls"  # the controls that the link leaves out
REFUSED = "refused"  # what the link asked for in vain
WATCHED = "watched"  # the id of the run that is shown
ADDRESS = "address"  # the run that the address named last
BESIDE = "beside"  # the ids of the runs that are laid beside it
SHOWN = "shown"  # for each control that follows a value: how often it was replaced, and the value

log = logging.getLogger(__name__)


@contextmanager
def errors_shown() -> Iterator[None]:
    """A `UserError` becomes its sentence on the page."""
    try:
        yield
    except UserError as error:
        st.error(str(error), icon=":material/error:")


@st.cache_resource(show_spinner=False)
def store() -> Store:
    opened = Store()
    with suppress(StoreError):  # whoever cannot write sees what there is; the next start forgets
        opened.run_list.purge()
    return opened


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    return Jobs(store())


@st.cache_resource(show_spinner=False, max_entries=40)
def network(run_id: str, step: int) -> Network:
    """The run's last checkpoint, which was made at `step`."""
    return store().network(run_id)


class Preparation:
    """Gets the data ready in a thread, once for all visitors, and trains a first net on it.

    Attributes
    ----------
    dataset : "mnist", or "digits" where MNIST cannot be had; None until that is known.
    missing : why MNIST cannot be had.
    what, done, total : what is being done just now.
    share : how much of that is done, 0 to 1.
    """

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
        """Begin, unless it is under way."""
        with self._lock:
            if not self.is_running:
                self.dataset = self.missing = None
                self._thread = threading.Thread(target=self._prepare, daemon=True)
                self._thread.start()

    def _prepare(self) -> None:
        try:
            name = sources.DEFAULT
            datasets.load(name, self._progress)
        except UserError as error:
            self.missing = str(error)
            name = sources.FALLBACK
            datasets.load(name, self._progress)
        try:
            first = store().create_first(replace(presets.MODERN, dataset=name), "The first net")
            if first:
                jobs().submit(first)
        except UserError as error:  # the page meets the same trouble, and shows it
            log.warning("%s", error)
        self.dataset = name
        out_of_distribution.detector(name)  # the first drawing is answered at once

    def _progress(self, what: str, done: int, total: int) -> None:
        self.what, self.done, self.total = what, done, total


@st.cache_resource(show_spinner=False)
def preparation() -> Preparation:
    made = Preparation()
    made.start()
    return made


def curves(run: Run) -> History:
    """The run's steps and epochs so far, read once for all visitors."""
    return _reading(run.id, run.started, run.total_steps, run).update(store())


@st.cache_resource(show_spinner=False, max_entries=40)
def _reading(run_id: str, started: float | None, total_steps: int | None, _run: Run) -> History:
    """Of a run that is resumed another one: it went back to its last checkpoint."""
    return History(_run)


def following(key: str, value: object, told: Callable[[Any], None]) -> dict[str, Any]:
    """Arguments of a widget that shows `value`, and calls `told` with what the visitor makes of it.

    Where the value has changed by other means, a new widget takes the place of the one that was
    there. A browser that lags behind still reports what the old one showed, which would pass for
    the visitor's wish if the widget were the same and had merely been set.
    """
    shown = st.session_state.setdefault(SHOWN, {})
    times, known = shown.get(key, (0, value))
    times += value != known
    shown[key] = times, value
    return {"key": f"{key}.{times}", "on_change": _told, "args": [key, times, told]}


def _told(key: str, times: int, told: Callable[[Any], None]) -> None:
    shown = st.session_state[SHOWN]
    if shown[key][0] == times:
        value = st.session_state[f"{key}.{times}"]
        shown[key] = times, value
        told(value)


@st.cache_resource(show_spinner=False)
def _drawn() -> dict[tuple[str, float | None], list[float]]:
    """Sparklines of runs that have ended, which stay as they are; by run and end."""
    return {}


def sparklines(runs: list[Run]) -> dict[str, list[float]]:
    """Some losses of each run, from its first step to its last."""
    drawn = _drawn()
    new = [run for run in runs if (run.id, run.ended) not in drawn]
    lines = store().run_list.sparklines([run.id for run in new])
    drawn.update({(r.id, r.ended): lines.get(r.id, []) for r in new if r.ended})
    return {run.id: drawn.get((run.id, run.ended)) or lines.get(run.id, []) for run in runs}


def begin() -> None:
    """Look at the run that the address names: it is new to this visitor, or Back was pressed."""
    named = st.query_params.get("run")
    if named and named != st.session_state.get(ADDRESS):
        st.session_state[ADDRESS] = st.session_state[WATCHED] = named


def known_datasets() -> list[str]:
    """Folders of some run that are at hand: a link may ask for these again."""
    folders = {run.dataset for run in store().runs()} - set(sources.SOURCES)
    return sorted(filter(datasets.is_prepared, folders))


def submit(config: TrainConfig) -> str:
    """Enter a run and hand it to the workers."""
    run_id = store().create(config)
    jobs().submit(run_id)
    watch(run_id)
    return run_id


def resume(run_id: str) -> None:
    store().requeue(run_id)
    jobs().submit(run_id)


def watch(run_id: str) -> None:
    """Show this run, also after a reload: its id stands in the address."""
    st.session_state[ADDRESS] = st.session_state[WATCHED] = run_id
    st.query_params["run"] = run_id


def config_of(run_id: str | None) -> TrainConfig | None:
    """The settings of a run that an address names; None if there is none."""
    try:
        return store().run(run_id).config if run_id else None
    except UserError:
        return None


def has_chosen() -> bool:
    """Whether this visitor looks at a run of their choice, and not just at the newest."""
    return bool(st.session_state.get(WATCHED))


def watched() -> Run | None:
    """The run this visitor looks at: the one asked for, or else the newest there is."""
    run_id = st.session_state.get(WATCHED)
    try:
        return store().run(run_id) if run_id else _newest()
    except UserError as error:
        newest = _newest()
        st.warning(f"{error} Here is the newest one.", icon=":material/link_off:")
        return newest


def _newest() -> Run | None:
    runs = store().runs(1)
    return runs[0] if runs else None
