"""Trains a run that is in the store, and is the run's voice and ear there.

`execute` is all that a worker and the terminal do with a run. A thread writes what happened into
the store ten times a second, reads the commands sent to the run and beats its heart, so that the
loop itself never waits for a database. What cannot be written (the disk is full, the database is
locked) waits and is tried again.
"""

import logging
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Self

from scratchmlp.errors import UserError
from scratchmlp.images import datasets
from scratchmlp.images.datasets import Dataset
from scratchmlp.net import training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network
from scratchmlp.net.training import Diverged, Epoch, Event, Finished, State, Step, Stopped
from scratchmlp.runs import checkpoint
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.store import Command, Kept, News, Run, Store

INTERVAL = 0.1  # seconds between two transactions
BEAT = 1.0  # seconds between two heartbeats
PATIENCE = 10.0  # seconds a finished run waits for a store that cannot be written

End = Finished | Stopped | Diverged

log = logging.getLogger(__name__)


def execute(
    store: Store,
    run_id: str,
    tell: Callable[[Event], None] = lambda event: None,
    on_pause: Callable[[], None] = lambda: None,
    stop: threading.Event | None = None,
    progress: datasets.Progress = lambda what, done, total: None,
) -> End:
    """Train a claimed run from where it stands to its end, and measure it on the test split.

    Parameters
    ----------
    tell : called with each event of `fit`, after it was put down.
    on_pause : called when the run goes from running to paused.
    stop : set it to stop the run, as the command of that name does.
    progress : told of the preparation of the dataset.

    Raises
    ------
    UserError
        The dataset or the last checkpoint cannot be used, or the end could not be written down.
        In the store the run has failed, with that sentence. Any other exception marks it as well.
    """
    run = store.run(run_id)
    try:
        return _execute(store, run, tell, on_pause, stop or threading.Event(), progress)
    except BaseException as error:
        why = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        store.end(run_id, "failed", why, run.started)
        raise


def _execute(
    store: Store,
    run: Run,
    tell: Callable[[Event], None],
    on_pause: Callable[[], None],
    stop: threading.Event,
    progress: datasets.Progress,
) -> End:
    config = run.config
    with Recorder(store, run, on_pause, stop) as recorder:
        dataset = datasets.load(config.dataset, progress)
        recorder.classes = dataset.classes
        rows = datasets.split(len(dataset.train), config.valid_pct, config.split_seed)
        train, valid = (dataset.train.take(part) for part in rows)
        steps = training.steps_per_epoch(config, len(train)) * config.epochs
        start = _start(store, run, dataset, steps)
        recorder.change(total_steps=steps)
        recorder.resume_from(start, store)
        for event in training.fit(config, train, valid, start=start, control=recorder.control):
            recorder.put(event)
            tell(event)
        assert isinstance(event, End)
        figures = {} if isinstance(event, Diverged) else _tested(config, dataset, event.state)
    try:
        recorder.flush_all()
    except StoreError as error:
        kept = _rescued(run, checkpoint.of_state(event.state, config, dataset.classes))
        raise StoreError(f"{error} {kept}") from error
    seconds = sum(row.seconds for row in store.epochs_since(run.id)) + event.state.tally.seconds
    status = type(event).__name__.lower()
    cause = event.cause if isinstance(event, Diverged) else None
    store.end(run.id, status, cause, run.started, train_seconds=seconds, **figures)
    return event


def _start(store: Store, run: Run, dataset: Dataset, steps: int) -> State | None:
    """Where to go on from, or None to begin.

    Raises
    ------
    UserError
        The pictures are not those that the run began with.
    """
    kept = store.resumable(run.id)
    if not kept and store.checkpoint_place(run.id)[0]:
        raise UserError(
            f"What run {run.id} needs to go on is not in the database: its network can be used as "
            "it is, or train a new run."
        )
    if not kept:
        return None
    if checkpoint.loads(kept[0]).classes != dataset.classes or run.total_steps != steps:
        raise UserError(
            f"The pictures of {run.dataset} have changed since this run began: "
            "put them back as they were, or train a new run."
        )
    return checkpoint.load_state(*kept)


def _rescued(run: Run, network: Network) -> str:
    """Keep a trained network where the database cannot be written, and say where."""
    try:
        with tempfile.NamedTemporaryFile(
            prefix=f"net-{run.id[:6]}-", suffix=".safetensors", delete=False
        ) as file:
            file.write(checkpoint.dumps(network))
    except OSError as error:
        return f"Nor could its network be kept elsewhere ({error.strerror})."
    said = f"Its network is kept in {file.name}: the Runs page loads it."
    log.warning("Run %s cannot be written down. %s", run.id, said)
    return said


def _tested(config: TrainConfig, dataset: Dataset, state: State) -> dict[str, float | None]:
    """The figures on the test split: the only look at it."""
    images, labels = training.to_tensors(dataset.test, state.params[0][0].device)
    loss, accuracy = training.evaluate(config, state.params, images, labels, state.mean, state.std)
    return {"test_loss": loss, "test_accuracy": accuracy}


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
        self._store, self._run, self._config = store, run, run.config
        self._on_pause, self._stop = on_pause, stop
        self._news, self._lock = News(), threading.Lock()
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

    def control(self) -> training.Command:
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
                if self._one_epoch and event.epoch < self._config.epochs:
                    self._pause()
            case Stopped(state):
                lr = state.lr if self._held_lr is None else self._held_lr
                kept = self._kept(replace(state, lr=lr), best=False)
                with self._lock:
                    self._news.kept += kept

    def change(self, **columns: object) -> None:
        with self._lock:
            self._news.changes |= columns

    def _kept(self, state: State, best: bool) -> list[Kept]:
        """The checkpoint to keep of this state; none if its numbers are not all finite."""
        if not checkpoint.is_finite(state.params):
            return []
        network = checkpoint.of_state(state, self._config, self.classes)
        progress = checkpoint.dump_progress(state)
        return [Kept(state.step, state.epoch, checkpoint.dumps(network), progress, best)]

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
            news, self._news = self._news, News()
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


def _joined(old: News, new: News) -> News:
    return News(
        old.steps + new.steps,
        old.epochs + new.epochs,
        old.kept + new.kept,
        old.applied + new.applied,
        old.changes | new.changes,
    )
