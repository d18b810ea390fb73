"""Does a background task: computes its arrays and reports its progress to the store."""

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
from scratchmlp.runs.database import StoreError, patiently
from scratchmlp.runs.store import Store

REPORT_INTERVAL = 0.5  # seconds

OnProgress = Callable[[int, int], None]
"""Called with the number of units of work that are done and their total."""


class CancelledError(Exception):
    """The task has been cancelled."""


def find_label_errors(store: Store, settings: dict[str, Any], on_progress: OnProgress) -> Arrays:
    """Settings: dataset."""
    train = datasets.load(settings["dataset"]).train
    return label_errors.rank(train.labels, label_errors.out_of_fold(train, on_progress))


def compute_embedding(store: Store, settings: dict[str, Any], on_progress: OnProgress) -> Arrays:
    """Settings: run, step, dataset, split."""
    network = patiently(lambda: store.network(settings["run"]))
    dataset = evaluation.match_classes(datasets.load(settings["dataset"]), network.classes)
    examples = evaluation.split_of(dataset, network.config, settings["split"])
    activations = explanation.hidden_activations(network, torch.from_numpy(examples.images)).numpy()
    return {"points": projection.tsne(activations, on_progress)}


def find_lr(store: Store, settings: dict[str, Any], on_progress: OnProgress) -> Arrays:
    """Settings: those of `TrainConfig.asdict`. The array `suggestion` has the shape (1,)."""
    config = TrainConfig.from_mapping(settings)
    examples = evaluation.split_of(datasets.load(config.dataset), config, "train")
    found = lr_finder.find_lr(config, examples, on_progress)
    return {name: np.atleast_1d(values) for name, values in found._asdict().items()}


KINDS: dict[str, Callable[[Store, dict[str, Any], OnProgress], Arrays]] = {
    "suspects": find_label_errors,
    "map": compute_embedding,
    "finder": find_lr,
}


def execute_task(store: Store, task_id: str) -> None:
    """Do a claimed task.

    A thread writes the progress and the heartbeat, and learns whether the task is cancelled.
    """
    tasks = store.tasks
    progress, finished, cancelled = [0, 0], threading.Event(), threading.Event()

    def report() -> None:
        while not finished.wait(REPORT_INTERVAL):
            with contextlib.suppress(StoreError):  # the next report tries again
                if not tasks.report_progress(task_id, *progress):
                    cancelled.set()

    def on_progress(done: int, total: int) -> None:
        progress[:] = done, total
        if cancelled.is_set():
            raise CancelledError

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        task = patiently(lambda: tasks.get(task_id))
        arrays = KINDS[task.kind](store, task.settings, on_progress)
        patiently(lambda: tasks.finish(task_id, arrays))
    except CancelledError:
        return
    except BaseException as error:
        why = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        patiently(lambda: tasks.fail(task_id, why))
        raise
    finally:
        finished.set()
        thread.join()
