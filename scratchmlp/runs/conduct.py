"""Does a study: what a worker is told to work out, and how it tells how far it is."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from scratchmlp.errors import UserError
from scratchmlp.images import datasets
from scratchmlp.insight import evaluation, explain, projection, suspects
from scratchmlp.net import finder
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import checkpoint
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.store import Store
from scratchmlp.runs.studies import Arrays

INTERVAL = 0.5  # seconds between two reports

Tell = Callable[[int, int], None]  # done, total


class CancelledError(Exception):
    """Somebody cancelled the study."""


def doubt_labels(store: Store, settings: dict[str, Any], tell: Tell) -> Arrays:
    """Settings: dataset."""
    train = datasets.load(settings["dataset"]).train
    return suspects.rank(train.labels, suspects.out_of_fold(train, tell))


def draw_map(store: Store, settings: dict[str, Any], tell: Tell) -> Arrays:
    """Settings: run, step, dataset, split."""
    network = checkpoint.loads(store.checkpoint(settings["run"]))
    dataset = evaluation.renamed(datasets.load(settings["dataset"]), network.classes)
    examples = evaluation.part(dataset, network.config, settings["split"])
    activations = explain.hidden(network, torch.from_numpy(examples.images)).numpy()
    return {"points": projection.tsne(activations, tell)}


def find_rate(store: Store, settings: dict[str, Any], tell: Tell) -> Arrays:
    """Settings: a run's, as `TrainConfig.asdict` gives them. The suggestion has shape (1,)."""
    config = TrainConfig.from_mapping(settings)
    examples = evaluation.part(datasets.load(config.dataset), config, "train")
    found = finder.find_lr(config, examples, tell)
    return {name: np.atleast_1d(values) for name, values in found._asdict().items()}


KINDS: dict[str, Callable[[Store, dict[str, Any], Tell], Arrays]] = {
    "suspects": doubt_labels,
    "map": draw_map,
    "finder": find_rate,
}


def conduct(store: Store, study_id: str) -> None:
    """Do a queued study. One that is not queued any more is somebody else's.

    A thread reports twice a second, beats the study's heart and hears whether it is still wanted.
    """
    own = store.studies
    if not own.claim(study_id):
        return
    place, over, unwanted = [0, 0], threading.Event(), threading.Event()

    def beat() -> None:
        while not over.wait(INTERVAL):
            with contextlib.suppress(StoreError):  # tried again at the next beat
                if not own.report(study_id, *place):
                    unwanted.set()

    def tell(done: int, total: int) -> None:
        place[:] = done, total
        if unwanted.is_set():
            raise CancelledError

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        study = own.get(study_id)
        own.finish(study_id, KINDS[study.kind](store, study.settings, tell))
    except CancelledError:
        return
    except BaseException as error:
        why = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        own.fail(study_id, why)
        raise
    finally:
        over.set()
        thread.join()
