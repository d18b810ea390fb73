"""Does a task: what a worker is told to work out, and how it tells how far it is."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from scratchmlp.analysis import evaluation, explanation, label_errors, projection
from scratchmlp.data import datasets
from scratchmlp.errors import UserError
from scratchmlp.net import lr_finder
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.background_tasks import Arrays
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.store import Store

INTERVAL = 0.5  # seconds between two reports

Tell = Callable[[int, int], None]  # done, total


class CancelledError(Exception):
    """Somebody cancelled the task."""


def doubt_labels(store: Store, settings: dict[str, Any], tell: Tell) -> Arrays:
    """Settings: dataset."""
    train = datasets.load(settings["dataset"]).train
    return label_errors.rank(train.labels, label_errors.out_of_fold(train, tell))


def draw_map(store: Store, settings: dict[str, Any], tell: Tell) -> Arrays:
    """Settings: run, step, dataset, split."""
    network = store.network(settings["run"])
    dataset = evaluation.match_classes(datasets.load(settings["dataset"]), network.classes)
    examples = evaluation.split_of(dataset, network.config, settings["split"])
    activations = explanation.hidden_activations(network, torch.from_numpy(examples.images)).numpy()
    return {"points": projection.tsne(activations, tell)}


def find_rate(store: Store, settings: dict[str, Any], tell: Tell) -> Arrays:
    """Settings: a run's, as `TrainConfig.asdict` gives them. The suggestion has shape (1,)."""
    config = TrainConfig.from_mapping(settings)
    examples = evaluation.split_of(datasets.load(config.dataset), config, "train")
    found = lr_finder.find_lr(config, examples, tell)
    return {name: np.atleast_1d(values) for name, values in found._asdict().items()}


KINDS: dict[str, Callable[[Store, dict[str, Any], Tell], Arrays]] = {
    "suspects": doubt_labels,
    "map": draw_map,
    "finder": find_rate,
}


def execute_task(store: Store, task_id: str) -> None:
    """Do a queued task. One that is not queued any more is somebody else's.

    A thread reports twice a second, beats the task's heart and hears whether it is still wanted.
    """
    own = store.tasks
    if not own.claim(task_id):
        return
    place, over, unwanted = [0, 0], threading.Event(), threading.Event()

    def beat() -> None:
        while not over.wait(INTERVAL):
            with contextlib.suppress(StoreError):  # tried again at the next beat
                if not own.report(task_id, *place):
                    unwanted.set()

    def tell(done: int, total: int) -> None:
        place[:] = done, total
        if unwanted.is_set():
            raise CancelledError

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        task = own.get(task_id)
        own.finish(task_id, KINDS[task.kind](store, task.settings, tell))
    except CancelledError:
        return
    except BaseException as error:
        why = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        own.fail(task_id, why)
        raise
    finally:
        over.set()
        thread.join()
