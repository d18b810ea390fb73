"""Teaches a run some drawings: the result is a new run, with its accuracy before and after.

The accuracies `before` and `after` are those of networks that were not taught the drawings they
are measured on: leave-one-out for few drawings, six-fold cross-validation for more.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchmlp.analysis import evaluation
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.net import finetune
from scratchmlp.net.devices import to_tensors
from scratchmlp.net.network import Network
from scratchmlp.runs.run_list import MAX_NAME_LENGTH
from scratchmlp.runs.store import Store

FOLDS = 6
REPLAY_SIZE = 4000  # training pictures that are trained again with the drawings
TAUGHT = ", taught "  # in the new run's name


@dataclass(frozen=True)
class TeachingResult:
    """The new run's id, the number of drawings, and accuracies in [0, 1] before and after.

    `before` and `after` are measured on the drawings, the others on the dataset's test split.
    """

    run: str
    drawings: int
    before: float
    after: float
    test_before: float
    test_after: float


def teach(store: Store, run_id: str, drawings: Examples) -> TeachingResult:
    """Fine-tune the network of a run's last checkpoint on drawings; store it as a finished run.

    Raises
    ------
    UserError
        The run does not exist or has no checkpoint, or there are no drawings.
    """
    if not len(drawings):
        raise UserError("There is nothing to teach yet: save a drawing first.")
    run = store.run(run_id)
    network = store.network(run.id)
    dataset = evaluation.match_classes(datasets.load(run.dataset), network.classes)
    replay = replay_examples(dataset.train)
    began = time.perf_counter()
    taught = finetune.teach(network, drawings, replay)
    seconds = time.perf_counter() - began
    _, test_before = network.evaluate(dataset.test)
    loss, test_after = taught.evaluate(dataset.test)
    assert test_before is not None and test_after is not None
    suffix = f"{TAUGHT}{_count(drawings)}"
    name = run.title.split(TAUGHT)[0][: MAX_NAME_LENGTH - len(suffix)] + suffix
    new_id = store.add_network(taught, name, run.id, loss, test_after, seconds)
    before = float(_correct(network, drawings).mean())
    after = held_out_accuracy(network, drawings, replay)
    return TeachingResult(new_id, len(drawings), before, after, test_before, test_after)


def held_out_accuracy(network: Network, drawings: Examples, replay: Examples) -> float:
    """Accuracy of cross-validation: each drawing is predicted by a network taught others only."""
    fold = np.arange(len(drawings)) % min(FOLDS, len(drawings))
    correct = np.zeros(len(drawings), dtype=bool)
    for k in range(fold.max() + 1):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        taught = network
        if len(inside):
            taught = finetune.teach(network, drawings.take(inside), replay)
        correct[outside] = _correct(taught, drawings.take(outside))
    return float(correct.mean())


def replay_examples(train: Examples) -> Examples:
    """The training pictures that are trained again, always the same ones."""
    rows = np.random.default_rng(0).permutation(len(train))[:REPLAY_SIZE]
    return train.take(rows.astype(np.int64))


def _correct(network: Network, examples: Examples) -> NDArray[np.bool_]:
    images, labels = to_tensors(examples)
    return (network.logits(images).argmax(dim=1) == labels).numpy()


def _count(drawings: Examples) -> str:
    return f"{len(drawings)} drawing{'s' if len(drawings) != 1 else ''}"
