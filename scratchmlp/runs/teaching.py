"""Teaches a run some drawings: the result is a new run, whose accuracy can be compared.

Teaching always starts from the network that was never taught, with all drawings. So the result
depends on the drawings alone, and not on how often or in which steps they were taught.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from scratchmlp.analysis import evaluation, prediction
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.figures import percent
from scratchmlp.net import finetune
from scratchmlp.net.model import flat
from scratchmlp.net.network import Network
from scratchmlp.runs.records import Run
from scratchmlp.runs.run_list import MAX_NAME_LENGTH
from scratchmlp.runs.store import Store

FOLDS = 6
REPLAY_SIZE = 16_000  # training pictures that are trained again with the drawings
TAUGHT = ", taught "  # in the new run's name


@dataclass(frozen=True)
class TeachingResult:
    """What teaching changed, as accuracies in [0, 1].

    Attributes
    ----------
    run : the id of the run that was taught.
    drawings : how many drawings it was taught.
    held_out : how many of them `after` measures with networks that were not taught them.
    before, after : accuracy on the drawings. A drawing of a class with two or more drawings is held
        out: it counts as a network predicts it that was taught others, but not this one. The only
        drawing of its class counts as the taught network predicts it.
    test_before, test_after : accuracy on the dataset's test split; None if it has no pictures.
    """

    run: str
    drawings: int
    held_out: int
    before: float
    after: float
    test_before: float | None
    test_after: float | None

    @property
    def sentence(self) -> str:
        """What was learned, and what that changed."""
        before, after = (round(share * self.drawings) for share in (self.before, self.after))
        right = f"{before} {'was' if before == 1 else 'were'} right before, {after} now"
        if self.drawings == 1:
            right = f"it was {'right' if before else 'wrong'} before, and {_now(before, after)}"
        held_out = f" ({self.held_out} held out)" if self.held_out else ""
        test = ""
        if self.test_before is not None and self.test_after is not None:
            old, new = percent(self.test_before), percent(self.test_after)
            test = f"; test accuracy was {old} and is {new}"
        return f"Learned from your {count_drawings(self.drawings)}: {right}{held_out}{test}."


def _now(before: int, after: int) -> str:
    return f"{'still ' if before == after else ''}{'right' if after else 'wrong'} now"


def teach(store: Store, run_id: str, drawings: Examples) -> str:
    """Fine-tune a run's network on drawings, store it as a finished run, and return its id.

    A taught run goes back to the network that was never taught. If there is already a run that was
    taught exactly this, its id is returned and nothing is stored.

    Raises
    ------
    UserError
        The run does not exist or has no checkpoint, or there are no drawings.
    """
    if not len(drawings):
        raise UserError("There is nothing to teach yet: keep a drawing first.")
    store.check("copy", run_id)
    untaught = store.run_list.untaught(store.run(run_id).id)
    network, dataset = _load(store, untaught)
    began = time.perf_counter()
    taught = finetune.teach(network, drawings, replay_examples(dataset.train))
    seconds = time.perf_counter() - began
    same = _find_same(store, untaught.id, taught)
    if same is not None:
        return same.id
    loss, accuracy = taught.evaluate(dataset.test)
    suffix = f"{TAUGHT}{count_drawings(len(drawings))}"
    name = untaught.title.split(TAUGHT)[0][: MAX_NAME_LENGTH - len(suffix)] + suffix
    return store.add_network(taught, name, untaught.id, loss, accuracy, seconds)


def was_taught(store: Store, run: Run, image: NDArray[np.uint8]) -> bool:
    """Whether this is a kept drawing that the run was taught: all of that time were."""
    drawing = store.drawings.find(image) if run.parent else None
    if drawing is None or drawing.created > run.created:
        return False
    return drawing.label in store.network(run.id).classes


def measure(store: Store, run_id: str, drawings: Examples) -> TeachingResult:
    """Compare a taught run with the network that was never taught."""
    *_, result = measure_stepwise(store, run_id, drawings)
    assert isinstance(result, TeachingResult)
    return result


def measure_stepwise(
    store: Store, run_id: str, drawings: Examples
) -> Iterator[tuple[int, int] | TeachingResult]:
    """Do what `measure` does, with a pause before each network that is taught for it.

    It yields how many of them are done and their total, and at last the result.
    """
    run = store.run(run_id)
    untaught = store.run_list.untaught(run.id)
    network, dataset = _load(store, untaught)
    taught, replay = store.network(run.id), replay_examples(dataset.train)
    before = _correct(network, drawings)
    after = _correct(taught, drawings)
    folds = held_out_folds(drawings.labels)
    for done, outside in enumerate(folds):
        yield done, len(folds)
        inside = np.setdiff1d(np.arange(len(drawings)), outside)
        other = finetune.teach(network, drawings.take(inside), replay)
        after[outside] = _correct(other, drawings.take(outside))
    held_out = sum(map(len, folds))
    test = [_test_accuracy(*which, dataset) for which in ((untaught, network), (run, taught))]
    yield TeachingResult(
        run.id, len(drawings), held_out, float(before.mean()), float(after.mean()), *test
    )


def held_out_folds(labels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The rows to hold out together: each row once whose class has two or more rows.

    There are at most `FOLDS` folds. No fold has all rows of a class, so each class is still taught.

    >>> [rows.tolist() for rows in held_out_folds(np.array([7, 3, 7, 7]))]
    [[0], [2], [3]]
    """
    order = labels.argsort(kind="stable")
    alone = np.bincount(labels)[labels[order]] == 1
    rows = order[~alone]
    n = min(FOLDS, len(rows))
    return [rows[k::n] for k in range(n)]


def replay_examples(train: Examples) -> Examples:
    """The training pictures that are trained again, always the same ones."""
    rows = np.random.default_rng(0).permutation(len(train))[:REPLAY_SIZE]
    return train.take(rows.astype(np.int64))


def count_drawings(n: int) -> str:
    return f"{n:,} drawing{'s' if n != 1 else ''}"


def _load(store: Store, run: Run) -> tuple[Network, Dataset]:
    """A run's network, and its dataset with labels that count in the network's classes."""
    network = store.network(run.id)
    return network, evaluation.match_classes(datasets.at_hand(run.dataset), network.classes)


def _find_same(store: Store, untaught: str, taught: Network) -> Run | None:
    """The run with this network that was taught from the run `untaught`."""
    own = (run for run in store.runs() if run.owner == store.visitor.id)
    runs = (run for run in own if run.parent == untaught)
    return next((run for run in runs if _are_equal(store.network(run.id), taught)), None)


def _are_equal(one: Network, other: Network) -> bool:
    pairs_of_tensors = zip(flat(one.params), flat(other.params), strict=True)
    return all(torch.equal(a.cpu(), b.cpu()) for a, b in pairs_of_tensors)


def _test_accuracy(run: Run, network: Network, dataset: Dataset) -> float | None:
    if not len(dataset.test):
        return None
    if run.test_accuracy is not None:
        return run.test_accuracy
    return network.evaluate(dataset.test)[1]


def _correct(network: Network, examples: Examples) -> NDArray[np.bool_]:
    """Whether the prediction for each drawing is right, as the Draw page predicts."""
    predicted = prediction.probabilities(network, examples.images).argmax(axis=1)
    return np.asarray(predicted == examples.labels)
