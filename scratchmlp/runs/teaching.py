"""Teach a run some drawings: a new run, and honest figures of what that did.

`before` and `after` are shares of drawings answered right by networks that were not taught them:
leave-one-out while there are few, six folds when there are more.
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
from scratchmlp.net.statistics import evaluate
from scratchmlp.runs.catalogue import LONGEST_NAME
from scratchmlp.runs.store import Store

FOLDS = 6
REPLAY = 4000  # old pictures to rehearse with
TAUGHT = ", taught "


@dataclass(frozen=True)
class Taught:
    """The new run's id, how many drawings it was taught, and shares right before and after."""

    run: str
    drawings: int
    before: float
    after: float
    test_before: float
    test_after: float


def teach(store: Store, run_id: str, drawings: Examples) -> Taught:
    """Fine-tune the run's last checkpoint on the drawings, into a new finished run.

    Raises
    ------
    UserError
        There is no such run, it has no checkpoint, or there are no drawings.
    """
    if not len(drawings):
        raise UserError("There is nothing to teach yet: keep a drawing first.")
    run = store.run(run_id)
    network = store.network(run.id)
    dataset = evaluation.match_classes(datasets.load(run.dataset), network.classes)
    replay = replay_of(dataset.train)
    began = time.perf_counter()
    taught = finetune.teach(network, drawings, replay)
    seconds = time.perf_counter() - began
    _, test_before = measured(network, dataset.test)
    loss, test_after = measured(taught, dataset.test)
    said = f"{TAUGHT}{_drawings(drawings)}"
    name = run.title.split(TAUGHT)[0][: LONGEST_NAME - len(said)] + said
    new = store.add_network(taught, name, run.id, loss, test_after, seconds)
    before = float(_right(network, drawings).mean())
    after = held_out(network, drawings, replay)
    return Taught(new, len(drawings), before, after, test_before, test_after)


def held_out(network: Network, drawings: Examples, replay: Examples) -> float:
    """Share of drawings answered right by a network that was taught all the others."""
    fold = np.arange(len(drawings)) % min(FOLDS, len(drawings))
    right = np.zeros(len(drawings), dtype=bool)
    for k in range(fold.max() + 1):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        taught = network
        if len(inside):
            taught = finetune.teach(network, drawings.take(inside), replay)
        right[outside] = _right(taught, drawings.take(outside))
    return float(right.mean())


def measured(network: Network, examples: Examples) -> tuple[float, float]:
    """Mean loss in nats, and accuracy."""
    images, labels = to_tensors(examples)
    loss, accuracy = evaluate(
        network.config, network.params, images, labels, network.mean, network.std
    )
    assert loss is not None and accuracy is not None
    return loss, accuracy


def _right(network: Network, examples: Examples) -> NDArray[np.bool_]:
    images, labels = to_tensors(examples)
    return (network.logits(images).argmax(dim=1) == labels).numpy()


def replay_of(train: Examples) -> Examples:
    """The pictures of a training set that are rehearsed, always the same ones."""
    rows = np.random.default_rng(0).permutation(len(train))[:REPLAY]
    return train.take(rows.astype(np.int64))


def _drawings(drawings: Examples) -> str:
    return f"{len(drawings)} drawing{'s' if len(drawings) != 1 else ''}"
