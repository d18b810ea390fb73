"""Trains a run of the store from its current state to its end, and evaluates it on the test split.

Workers and the command line both use it. A `Recorder` writes the run and receives its commands.
A database that is away only delays what is read and written here.
"""

import logging
import tempfile
import threading
from collections.abc import Callable

from scratchmlp.data import datasets, splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net import learner, training
from scratchmlp.net.events import Diverged, Event, Finished, State, Stopped
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.checkpoint_file import network_from_state
from scratchmlp.runs.database import StoreError, patiently
from scratchmlp.runs.recorder import Recorder
from scratchmlp.runs.records import Status
from scratchmlp.runs.store import Run, Store

FinalEvent = Finished | Stopped | Diverged
STATUSES: dict[type[FinalEvent], Status] = {
    Finished: "finished",
    Stopped: "stopped",
    Diverged: "diverged",
}
TIME_IS_UP = "Stopped after {:,.0f} s of training, the most on this server. Its network is kept."

log = logging.getLogger(__name__)


def execute(
    store: Store,
    run_id: str,
    on_event: Callable[[Event], None] = lambda event: None,
    on_pause: Callable[[], None] = lambda: None,
    stop: threading.Event | None = None,
    on_progress: datasets.Progress = lambda what, done, total: None,
) -> FinalEvent:
    """Train a claimed run from its current state to its end, and evaluate it on the test split.

    Parameters
    ----------
    on_event : called with each event of `fit`, after the recorder has it.
    on_pause : called when the run goes from running to paused.
    stop : set it to stop the run, as the command "stop" does.
    on_progress : called while the dataset is prepared.

    Raises
    ------
    UserError
        The dataset or the last checkpoint cannot be used, or the end of the run cannot be written.
        The run fails with that sentence. Any other exception makes it fail too.
    """
    run = patiently(lambda: store.run(run_id))
    try:
        return _execute(store, run, on_event, on_pause, stop or threading.Event(), on_progress)
    except BaseException as error:
        why = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        patiently(lambda: store.end_run(run_id, "failed", why, run.started))
        raise


def _execute(
    store: Store,
    run: Run,
    on_event: Callable[[Event], None],
    on_pause: Callable[[], None],
    stop: threading.Event,
    on_progress: datasets.Progress,
) -> FinalEvent:
    with Recorder(store, run, on_pause, stop) as recorder:
        dataset = datasets.load(run.dataset, on_progress)
        datasets.demand_complete(dataset, run.config.skip_damaged)
        event = _train(store, run, dataset, recorder, on_event)
        network = network_from_state(event.state, run.config, dataset.classes)
        figures: dict[str, float | None] = {}
        if not isinstance(event, Diverged):  # the only use of the test split
            figures["test_loss"], figures["test_accuracy"] = network.evaluate(dataset.test)
    try:
        patiently(recorder.flush)
    except StoreError as error:
        if isinstance(event, Diverged):
            raise
        raise StoreError(f"{error} {_save_elsewhere(run, network)}") from error
    rows = patiently(lambda: store.epochs_since(run.id))
    seconds = sum(row.seconds for row in rows) + event.state.tally.seconds
    cause = event.cause if isinstance(event, Diverged) else None
    if isinstance(event, Stopped) and recorder.time_is_up and run.max_seconds:
        cause, seconds = TIME_IS_UP.format(run.max_seconds), max(run.max_seconds, seconds)
    figures["train_seconds"] = seconds
    status = STATUSES[type(event)]
    patiently(lambda: store.end_run(run.id, status, cause, run.started, **figures))
    return event


def _train(
    store: Store,
    run: Run,
    dataset: Dataset,
    recorder: Recorder,
    on_event: Callable[[Event], None],
) -> FinalEvent:
    config = run.config
    rows = splits.divide(dataset.train.labels, config)
    train, valid = dataset.to_train_on(rows[0]), dataset.train.take(rows[1])
    steps = learner.steps_per_epoch(config, len(train)) * config.epochs
    start = patiently(lambda: _start(store, run, dataset, steps))
    recorder.classes = dataset.classes
    recorder.update_run(total_steps=steps)
    patiently(lambda: recorder.resume_from(start, store))
    for event in training.fit(config, train, valid, start=start, control=recorder.control):
        recorder.add(event)
        on_event(event)
    assert isinstance(event, FinalEvent)
    return event


def _start(store: Store, run: Run, dataset: Dataset, steps: int) -> State | None:
    """The state to resume from, or None to start from the beginning.

    Raises
    ------
    UserError
        The dataset has changed since the run began, or its training state is missing.
    """
    point = store.resume_point(run.id)
    if not point and store.last_checkpoint(run.id).step:
        raise UserError(
            f"The training state of run {run.id} is not in the database: you can use its network "
            "as it is, or train a new run."
        )
    if not point:
        return None
    network = checkpoint_file.loads(point.network)
    if network.classes != dataset.classes or run.total_steps != steps:
        raise UserError(
            f"The dataset {run.dataset} has changed since this run began: "
            "restore its pictures, or train a new run."
        )
    return checkpoint_file.load_state(network, point.training_state)


def _save_elsewhere(run: Run, network: Network) -> str:
    """Save a network in a temporary file, and return a sentence that says where it is."""
    try:
        with tempfile.NamedTemporaryFile(
            prefix=f"net-{run.id[:6]}-", suffix=".safetensors", delete=False
        ) as file:
            file.write(checkpoint_file.dumps(network))
    except OSError as error:
        return f"Its network could not be saved elsewhere either ({error.strerror})."
    sentence = f"Its network is saved in {file.name}: you can load it on the Runs page."
    log.warning("Run %s cannot be written to the database. %s", run.id, sentence)
    return sentence
