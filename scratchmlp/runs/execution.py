"""All that a worker and the terminal do with a run: train it, write it down, measure it.

What the training says goes through a `Recorder`, and what one tells the run comes from there.
"""

import logging
import tempfile
import threading
from collections.abc import Callable

from scratchmlp.data import datasets, splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net import devices, learner, statistics, training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Diverged, Event, Finished, State, Stopped
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.recorder import Recorder
from scratchmlp.runs.store import Run, Store

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
        rows = splits.train_valid_split(len(dataset.train), config.valid_pct, config.split_seed)
        train, valid = (dataset.train.take(part) for part in rows)
        steps = learner.steps_per_epoch(config, len(train)) * config.epochs
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
        if isinstance(event, Diverged):
            raise
        kept = _rescued(run, checkpoint_file.of_state(event.state, config, dataset.classes))
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
    if not kept and store.last_checkpoint(run.id)[0]:
        raise UserError(
            f"What run {run.id} needs to go on is not in the database: its network can be used as "
            "it is, or train a new run."
        )
    if not kept:
        return None
    network = checkpoint_file.loads(kept[0])
    if network.classes != dataset.classes or run.total_steps != steps:
        raise UserError(
            f"The pictures of {run.dataset} have changed since this run began: "
            "put them back as they were, or train a new run."
        )
    return checkpoint_file.load_state(network, kept[1])


def _rescued(run: Run, network: Network) -> str:
    """Keep a trained network where the database cannot be written, and say where."""
    try:
        with tempfile.NamedTemporaryFile(
            prefix=f"net-{run.id[:6]}-", suffix=".safetensors", delete=False
        ) as file:
            file.write(checkpoint_file.dumps(network))
    except OSError as error:
        return f"Nor could its network be kept elsewhere ({error.strerror})."
    said = f"Its network is kept in {file.name}: the Runs page loads it."
    log.warning("Run %s cannot be written down. %s", run.id, said)
    return said


def _tested(config: TrainConfig, dataset: Dataset, state: State) -> dict[str, float | None]:
    """The figures on the test split: the only look at it."""
    images, labels = devices.to_tensors(dataset.test, state.params[0][0].device)
    loss, accuracy = statistics.evaluate(
        config, state.params, images, labels, state.mean, state.std
    )
    return {"test_loss": loss, "test_accuracy": accuracy}
