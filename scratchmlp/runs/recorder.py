"""Writes a run into the store while it trains, and receives the commands that are sent to it.

A thread does this ten times a second, so that the training loop never waits for a database. If an
update cannot be written (the disk is full, the database is away), the thread tries again later.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Self

from scratchmlp.errors import UserError
from scratchmlp.net import events
from scratchmlp.net.events import Epoch, Event, State, Step, Stopped
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.store import Checkpoint, Command, Run, Store, Update

FLUSH_INTERVAL = 0.1  # seconds between two transactions
HEARTBEAT_INTERVAL = 1.0  # seconds

log = logging.getLogger(__name__)


class Recorder(AbstractContextManager["Recorder"]):
    """Runs the thread for as long as the context lasts.

    Parameters
    ----------
    on_pause : called when the run goes from running to paused.
    stop : set it to stop the run, as the command "stop" does.

    Attributes
    ----------
    classes : the names of the dataset's classes; set them before the first epoch ends.
    """

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
        self._update, self._lock = Update(), threading.RLock()
        self._commands: deque[Command] = deque()  # received, not applied yet
        self._last_command_id = 0
        self._paused = False
        self._one_epoch = False  # pause at the end of the current epoch
        self._paused_lr: float | None = None  # a learning rate that arrived during a pause
        self._later_rates: deque[Any] = deque()  # set after the checkpoint that this resumes from
        self._step, self._best_score = 0, (-1.0, 0.0)
        self._last_heartbeat = 0.0
        self._seconds = 0.0  # of training so far, also before the run was resumed
        self._step_began: float | None = None
        self._done = False
        self._wake = threading.Event()  # flush now, and do not wait for the interval
        self._thread = threading.Thread(target=self._flush_repeatedly, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done = True
        self._wake.set()
        self._thread.join()

    # --- called by the training loop -------------------------------------------------------------

    def resume_from(self, start: State | None, store: Store) -> None:
        """Continue the count of steps and the best score of an earlier part of this run.

        Learning rates that were set later than `start` take effect again at the same steps.
        """
        self._step = start.step if start else 0
        self._seconds = start.tally.seconds if start else 0.0
        self._later_rates = deque(store.later_rates(self._run.id, self._step))
        for row in store.epochs_since(self._run.id):
            self._best_score = max(self._best_score, _score(row.valid_accuracy, row.valid_loss))
            self._seconds += row.seconds or 0.0

    @property
    def time_is_up(self) -> bool:
        """Whether the run has had all its seconds of training."""
        return self._run.max_seconds is not None and self._seconds >= self._run.max_seconds

    def control(self) -> events.Command:
        """What `fit` does next, as the received commands say; it stops when the time is up."""
        command: events.Command = "stop" if self.time_is_up else self._obey()
        self._step_began = time.monotonic()
        return command

    def _obey(self) -> events.Command:
        if self._stop.is_set():
            return "stop"
        if not self._commands:
            if self._paused:
                time.sleep(0.02)
            return "pause" if self._paused else self._earlier_rate()
        command = self._commands.popleft()
        with self._lock:
            self._update.applied.append((command.id, self._step))
        self._wake.set()
        match command.kind:
            case "stop":
                return "stop"
            case "pause":
                self._pause()
            case "resume" | "epoch":
                self._one_epoch = command.kind == "epoch"
                return self._resume()
            case "lr" if self._paused:
                self._paused_lr = command.value
                self._drop_later_rates()
            case "lr":
                self._drop_later_rates()
                return command.value
        return "pause" if self._paused else self._earlier_rate()

    def _earlier_rate(self) -> float | None:
        """The learning rate that was set at this step before the run was resumed."""
        rate = None
        while self._later_rates and self._later_rates[0].applied_step <= self._step:
            rate = self._later_rates.popleft().value
        return rate

    def _drop_later_rates(self) -> None:
        """A new learning rate replaces those that have not taken effect again."""
        with self._lock:
            self._update.applied += [(row.id, self._step) for row in self._later_rates]
        self._later_rates.clear()

    def _pause(self) -> None:
        self._one_epoch = False
        if not self._paused:
            self._paused = True
            self.update_run(status="paused")
            self._on_pause()

    def _resume(self) -> float | None:
        """End the pause, if there is one; return the learning rate that arrived during it."""
        if self._paused:
            self._paused = False
            self.update_run(status="running")
        lr, self._paused_lr = self._paused_lr, None
        earlier = self._earlier_rate()
        return earlier if lr is None else lr

    def add(self, event: Event) -> None:
        """Add an event of `fit` to the next update."""
        match event:
            case Step(step, loss, lr):
                self._step = step
                if self._step_began is not None:
                    self._seconds += time.monotonic() - self._step_began
                with self._lock:
                    self._update.steps.append({"step": step, "loss": loss, "lr": lr})
            case Epoch():
                row = {name: value for name, value in vars(event).items() if name != "state"}
                score = _score(event.valid_accuracy, event.valid_loss)
                best = score >= self._best_score
                self._best_score = max(score, self._best_score)
                checkpoints = self._checkpoints(event.state, best)
                ends_here = self._one_epoch and event.epoch < self._run.config.epochs
                with self._lock:  # in one update: an epoch, its checkpoint and the pause after it
                    self._update.epochs.append(row)
                    self._update.checkpoints += checkpoints
                    if ends_here:
                        self._pause()
            case Stopped(state):
                lr = state.lr if self._paused_lr is None else self._paused_lr
                checkpoints = self._checkpoints(replace(state, lr=lr), best=False)
                with self._lock:
                    self._update.checkpoints += checkpoints

    def update_run(self, **columns: object) -> None:
        """Set columns of the run with the next update."""
        with self._lock:
            self._update.changes |= columns

    def _checkpoints(self, state: State, best: bool) -> list[Checkpoint]:
        """The checkpoint of this state, or none if not all of its numbers are finite."""
        if not checkpoint_file.is_finite(state.params):
            return []
        network = checkpoint_file.network_from_state(state, self._run.config, self.classes)
        files = checkpoint_file.dumps(network), checkpoint_file.dump_training_state(state)
        return [Checkpoint(state.step, state.epoch, *files, best)]

    # --- the thread ------------------------------------------------------------------------------

    def _flush_repeatedly(self) -> None:
        while not self._done:
            self._wake.wait(FLUSH_INTERVAL)
            self._wake.clear()
            try:
                self.flush()
            except StoreError:
                continue  # the next flush writes this update too
            except Exception as error:  # the training thread meets it again in its last flush
                is_bug = not isinstance(error, UserError)
                log.warning("Run %s is not written: %s", self._run.id, error, exc_info=is_bug)
                self._stop.set()
                return

    def flush(self) -> None:
        """Write the update and read the commands, in one transaction."""
        with self._lock:
            update, self._update = self._update, Update()
        if time.monotonic() - self._last_heartbeat > HEARTBEAT_INTERVAL:
            update.changes["heartbeat"] = time.time()
        try:
            pending = self._store.record(self._run.id, update, self._run.started)
        except BaseException:
            with self._lock:
                self._update = _joined(update, self._update)
            raise
        if "heartbeat" in update.changes:
            self._last_heartbeat = time.monotonic()
        for command in pending:
            if command.id > self._last_command_id:
                self._commands.append(command)
                self._last_command_id = command.id


def _score(accuracy: float | None, loss: float | None) -> tuple[float, float]:
    """The best epoch has the highest score. Without validation all are equal: the last is best."""
    return (-1.0, 0.0) if accuracy is None or loss is None else (accuracy, -loss)


def _joined(old: Update, new: Update) -> Update:
    return Update(
        old.steps + new.steps,
        old.epochs + new.epochs,
        old.checkpoints + new.checkpoints,
        old.applied + new.applied,
        old.changes | new.changes,
    )
