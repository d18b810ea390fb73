"""Measures the presets' accuracy on people's drawings, before and after they are taught some.

Nothing is chosen by these results: limits and constants come from MNIST and from generated shapes.
"""

import dataclasses
import functools
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchmlp.analysis import prediction
from scratchmlp.bench import Line
from scratchmlp.bench.writers import (
    BRUSH,
    CANVAS,
    SIZES,
    PreparedDrawings,
    WriterDrawing,
    draw,
    labels_of,
    sample,
)
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.ink import shapes, strokes
from scratchmlp.net import finetune, presets
from scratchmlp.net.network import Network
from scratchmlp.runs import teaching
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store

PRESETS = ("modern", "best-128", "simard-800")
SEEDS = (0, 1, 2)
TAUGHT = (1, 3, 5)  # drawings per digit


def run(
    dataset: Dataset, drawings: list[WriterDrawing], store: Store, writers: int, each: int
) -> Iterator[Line]:
    """Measure everything on `each` drawings of each of `writers` writers."""
    drawings = sample(drawings, writers, each)
    yield Line({"bench": "drawing", "drawings": len(drawings)}, f"{len(drawings):,} drawings")
    prepared = PreparedDrawings(drawings)
    for preset in PRESETS:
        networks = []
        for seed in SEEDS:
            found = _find_network(store, preset, seed)
            if found is None:
                yield Line({"training": preset, "seed": seed}, f"Training {preset}, seed {seed} …")
                found = _train_network(store, preset, seed)
            networks.append(found)
        yield from measure(preset, networks, dataset, prepared)


def measure(
    preset: str, networks: list[Network], dataset: Dataset, prepared: PreparedDrawings
) -> Iterator[Line]:
    def accuracy(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        shares = [prediction.probabilities(n, images).argmax(axis=1) == labels for n in networks]
        return float(np.mean(shares))

    line = functools.partial(share_line, preset)
    all_of_them = f"all {len(prepared.drawings):,}, as prepared"
    yield line(all_of_them, accuracy(prepared.images, prepared.labels))
    varied_labels = labels_of(prepared.varied)
    for name, pictures in prepared.variants.items():
        yield line(f"{len(varied_labels):,}, {name}", accuracy(pictures, varied_labels))
    yield from (line(what, share) for what, share in _verdicts(networks[0], prepared).items())
    yield line("three digits, wholly right", _numbers(networks[0], prepared.drawings))
    timed = prepared.inks[:50]
    began = time.perf_counter()
    for ink in timed:
        prediction.predict(networks[0], ink)
    spent = (time.perf_counter() - began) / len(timed) * 1000
    yield Line(
        {"preset": preset, "milliseconds": spent},
        f"{preset:12}{'milliseconds an answer':44}{spent:9.1f}",
    )
    corrected = _corrected(networks, dataset, prepared)
    yield from (line(what, share) for what, share in corrected.items())
    for n in TAUGHT:
        share, lost = _taught(networks, dataset, prepared, n)
        yield line(f"taught {n} a digit, the writer's others", share)
        yield line(f"taught {n} a digit, MNIST's test set, change", lost)


def share_line(preset: str, what: str, share: float) -> Line:
    record: dict[str, Any] = {"preset": preset, "what": what, "value": share}
    return Line(record, f"{preset:12}{what:44}{share:9.2%}")


def _verdicts(network: Network, prepared: PreparedDrawings) -> dict[str, float]:
    rng = np.random.default_rng(1)
    junk = [draw(shape, rng, BRUSH, SIZES) for shape in shapes.random_shapes(200, seed=1)]
    refused = [prediction.predict(network, ink).label is None for ink in junk]
    digits = [prediction.predict(network, ink) for ink in prepared.inks]
    pairs = zip(digits, labels_of(prepared.varied), strict=True)
    sure = [digit.label == label for digit, label in pairs if digit.verdict == "sure"]
    return {
        "shapes refused": float(np.mean(refused)),
        "digits refused": float(np.mean([digit.label is None for digit in digits])),
        "digits sure": len(sure) / len(digits),
        "sure digits right": float(np.mean(sure)) if sure else 0.0,
    }


def _numbers(network: Network, drawings: list[WriterDrawing], n: int = 150) -> float:
    """Accuracy on numbers of three digits whose digits are all predicted correctly alone."""
    rng, correct = np.random.default_rng(2), list[bool]()
    for _ in range(n):
        writer = drawings[int(rng.integers(len(drawings)))].writer
        own = [drawing for drawing in drawings if drawing.writer == writer]
        three = [own[i] for i in rng.integers(0, len(own), 3)]
        placed = [
            strokes.place(drawing.strokes, rng.uniform(60, 80), (50.0 + 90 * i, 140.0))
            for i, drawing in enumerate(three)
        ]
        labels = [drawing.label for drawing in three]
        alone = [prediction.predict(network, strokes.render(s, 8, CANVAS)).label for s in placed]
        if alone == labels:
            ink = strokes.render([stroke for s in placed for stroke in s], 8, CANVAS)
            correct.append([p.label for p in prediction.predict_number(network, ink)] == labels)
    return float(np.mean(correct)) if correct else 0.0


def _corrected(
    networks: list[Network], dataset: Dataset, prepared: PreparedDrawings
) -> dict[str, float]:
    """What teaching changes that has one drawing: the first of each writer that is misread."""
    writer = np.array([drawing.writer for drawing in prepared.drawings])
    images, labels = prepared.images, prepared.labels
    replay = teaching.replay_examples(dataset.train)
    changes = []
    for network in networks:
        before = prediction.probabilities(network, images).argmax(axis=1) == labels
        test_before = _accuracy(network, dataset.test)
        for who in np.unique(writer[~before]):
            others = writer == who
            row = int(np.flatnonzero(others & ~before)[0])
            others[row] = False
            new = finetune.teach(network, Examples(images[[row]], labels[[row]]), replay)
            after = prediction.probabilities(new, images).argmax(axis=1) == labels
            test = _accuracy(new, dataset.test) - test_before
            changes.append((after[row], after[others].mean() - before[others].mean(), test))
    names = "right", "its writer's others, change", "MNIST's test set, change"
    means = np.mean(changes, axis=0).tolist()
    return {f"a misread one taught: {n}": mean for n, mean in zip(names, means, strict=True)}


def _taught(
    networks: list[Network], dataset: Dataset, prepared: PreparedDrawings, n: int
) -> tuple[float, float]:
    """Means over writers: accuracy on their other drawings, and its change on the test split."""
    writer = np.array([drawing.writer for drawing in prepared.drawings])
    images, labels = prepared.images, prepared.labels
    replay = teaching.replay_examples(dataset.train)
    shares, changes = [], []
    for network in networks:
        before = _accuracy(network, dataset.test)
        for who in np.unique(writer):
            own = np.flatnonzero(writer == who)
            first = [own[labels[own] == digit] for digit in np.unique(labels)]
            taught = np.concatenate([rows[:n] for rows in first])
            rest = np.setdiff1d(own, np.concatenate([rows[: max(TAUGHT)] for rows in first]))
            if len(rest):
                new = finetune.teach(network, Examples(images[taught], labels[taught]), replay)
                predicted = prediction.probabilities(new, images[rest]).argmax(axis=1)
                shares.append(float((predicted == labels[rest]).mean()))
                changes.append(_accuracy(new, dataset.test) - before)
    return float(np.mean(shares)), float(np.mean(changes))


def _accuracy(network: Network, examples: Examples) -> float:
    _, accuracy = network.evaluate(examples)
    assert accuracy is not None
    return accuracy


def _find_network(store: Store, preset: str, seed: int) -> Network | None:
    """The newest finished run of that preset and seed that was not taught."""
    for run in store.runs():
        is_it = presets.name_of(run.config) == preset and run.config.seed == seed
        if is_it and run.dataset == "mnist" and run.status == "finished" and run.parent is None:
            return store.network(run.id)
    return None


def _train_network(store: Store, preset: str, seed: int) -> Network:
    config = dataclasses.replace(presets.find(preset).config, seed=seed)
    run_id = store.create(config, status="running")
    execute(store, run_id)
    return store.network(run_id)
