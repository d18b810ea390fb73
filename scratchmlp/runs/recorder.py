"""A run's voice and ear in the store, while it trains.

A thread writes what happened into the store ten times a second, reads the commands sent to the run
and beats its heart, so that the loop itself never waits for a database. What cannot be written (the
disk is full, the database is locked) waits and is tried again.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Self

from scratchmlp.net import events
from scratchmlp.net.events import Epoch, Event, State, Step, Stopped
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.store import Checkpoint, Command, Run, Store, Update

INTERVAL = 0.1  # seconds between two transactions
BEAT = 1.0  # seconds between two heartbeats
PATIENCE = 10.0  # seconds a finished run waits for a store that cannot be written

log = logging.getLogger(__name__)


class Recorder(AbstractContextManager["Recorder"]):
    """The thread that writes and listens, for as long as the context lasts."""

    def __init__(
        self,
        store: Store,
        run: Run,
        on_pause: Callable[[], None],
        stop: threading.Event,
    ) -> None:
        self.classes: tuple[str, ...] = ()
        self._store, self._run = store, run
        self._on_pause, self._stop = on_pause, stop
        self._news, self._lock = Update(), threading.Lock()
        self._inbox: deque[Command] = deque()
        self._read = 0  # the newest command that was put into the inbox
        self._paused = False
        self._one_epoch = False  # pause when the running epoch is done
        self._held_lr: float | None = None  # a rate that came during a pause
        self._step, self._best = 0, (-1.0, 0.0)
        self._last_beat = 0.0
        self._done = False
        self._wake = threading.Event()  # there is something that should not wait for its turn
        self._thread = threading.Thread(target=self._keep_flushing, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done = True
        self._wake.set()
        self._thread.join()

    # --- called by the loop ----------------------------------------------------------------------

    def resume_from(self, start: State | None, store: Store) -> None:
        """Go on counting where an earlier part of this run stopped."""
        self._step = start.step if start else 0
        for row in store.epochs_since(self._run.id):
            self._best = max(self._best, _score(row.valid_accuracy, row.valid_loss))

    def control(self) -> events.Command:
        """What `fit` is to do next, by the commands that have arrived."""
        if self._stop.is_set():
            return "stop"
        if not self._inbox:
            if self._paused:
                time.sleep(0.02)
            return "pause" if self._paused else None
        command = self._inbox.popleft()
        with self._lock:
            self._news.applied.append((command.id, self._step))
        self._wake.set()
        match command.kind:
            case "stop":
                return "stop"
            case "pause":
                self._pause()
            case "resume" | "epoch":
                self._one_epoch = command.kind == "epoch"
                return self._go_on()
            case "lr" if self._paused:
                self._held_lr = command.value
            case "lr":
                return command.value
        return "pause" if self._paused else None

    def _pause(self) -> None:
        self._one_epoch = False
        if not self._paused:
            self._paused = True
            self.change(status="paused")
            self._on_pause()

    def _go_on(self) -> float | None:
        """Leave the pause there may be, with the learning rate that came meanwhile."""
        if self._paused:
            self._paused = False
            self.change(status="running")
        lr, self._held_lr = self._held_lr, None
        return lr

    def put(self, event: Event) -> None:
        """Take an event down; it is written with the next transaction."""
        match event:
            case Step(step, loss, lr):
                self._step = step
                with self._lock:
                    self._news.steps.append({"step": step, "loss": loss, "lr": lr})
            case Epoch():
                row = {name: value for name, value in vars(event).items() if name != "state"}
                score = _score(event.valid_accuracy, event.valid_loss)
                best = score >= self._best
                self._best = max(score, self._best)
                kept = self._kept(event.state, best)
                with self._lock:  # together: an epoch in the store has its checkpoint there
                    self._news.epochs.append(row)
                    self._news.kept += kept
                if self._one_epoch and event.epoch < self._run.config.epochs:
                    self._pause()
            case Stopped(state):
                lr = state.lr if self._held_lr is None else self._held_lr
                kept = self._kept(replace(state, lr=lr), best=False)
                with self._lock:
                    self._news.kept += kept

    def change(self, **columns: object) -> None:
        with self._lock:
            self._news.changes |= columns

    def _kept(self, state: State, best: bool) -> list[Checkpoint]:
        """The checkpoint to keep of this state; none if its numbers are not all finite."""
        if not checkpoint_file.is_finite(state.params):
            return []
        network = checkpoint_file.of_state(state, self._run.config, self.classes)
        progress = checkpoint_file.dump_progress(state)
        return [Checkpoint(state.step, state.epoch, checkpoint_file.dumps(network), progress, best)]

    # --- the thread ------------------------------------------------------------------------------

    def _keep_flushing(self) -> None:
        while not self._done:
            self._wake.wait(INTERVAL)
            self._wake.clear()
            try:
                self.flush()
            except StoreError:
                continue  # what was not written is still in the news
            except Exception:  # `flush_all` meets it again, in the loop's thread
                log.warning("Run %s can be written down no more.", self._run.id, exc_info=True)
                self._stop.set()
                return

    def flush(self) -> None:
        """One transaction: write the news, read the commands."""
        with self._lock:
            news, self._news = self._news, Update()
        if time.monotonic() - self._last_beat > BEAT:
            news.changes["heartbeat"] = time.time()
        try:
            pending = self._store.record(self._run.id, news, self._run.started)
        except BaseException:
            with self._lock:
                self._news = _joined(news, self._news)
            raise
        if "heartbeat" in news.changes:
            self._last_beat = time.monotonic()
        for command in pending:
            if command.id > self._read:
                self._inbox.append(command)
                self._read = command.id

    def flush_all(self) -> None:
        """Write what is left, waiting `PATIENCE` seconds for a store that cannot be written."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                return self.flush()
            except StoreError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(INTERVAL)


def _score(accuracy: float | None, loss: float | None) -> tuple[float, float]:
    """What the best epoch has most of. Without validation all are equal, and the last is best."""
    return (-1.0, 0.0) if accuracy is None or loss is None else (accuracy, -loss)


def _joined(old: Update, new: Update) -> Update:
    return Update(
        old.steps + new.steps,
        old.epochs + new.epochs,
        old.kept + new.kept,
        old.applied + new.applied,
        old.changes | new.changes,
    )
