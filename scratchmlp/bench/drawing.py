"""How well do the presets read what people draw, and how much does teaching one's hand help?

The drawings are strokes of real writers, one JSON object a line: writer, label, strokes. They are
drawn on a canvas of 280 pixels, at random sizes and places unless a line says otherwise. No choice
is made here: limits and constants come from MNIST and from generated shapes.
"""

import dataclasses
import gzip
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.analysis import prediction
from scratchmlp.bench import Line
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.ink import preparation, shapes, strokes
from scratchmlp.ink.preparation import Ink
from scratchmlp.ink.strokes import Strokes
from scratchmlp.net import finetune, presets
from scratchmlp.net.network import Network
from scratchmlp.runs import teaching
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store

CANVAS, BRUSH, SIZES = 280, 16.0, (140.0, 220.0)
PRESETS = ("modern", "best-128", "simard-800")
SEEDS = (0, 1, 2)
TAUGHT = (1, 3, 5)  # drawings a digit
FEW = 4  # of so many drawings, one is drawn in every way
BRUSHES, TALL = (6.0, 12.0, 24.0), (60.0, 110.0, 250.0)  # pixels

STAGES: dict[str, Callable[[Ink], NDArray[np.uint8]]] = {
    "plain resize": preparation.plain_resize,
    "cropped and fitted": lambda ink: _in_the_middle(preparation.fit(preparation.crop(ink))),
    "and centred by mass": preparation.as_mnist,
    "and strokes as thick as MNIST's": preparation.prepare,
}


class Pen(NamedTuple):
    writer: int
    label: int
    strokes: Strokes


def load(file: Path) -> list[Pen]:
    """The drawings of a file, gzipped or not."""
    try:
        data = file.read_bytes()
        text = gzip.decompress(data) if file.suffix == ".gz" else data
        rows = [json.loads(line) for line in text.splitlines()]
        return [Pen(r["writer"], int(r["label"]), strokes.check(r["strokes"])) for r in rows]
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise UserError(f"{file} holds no strokes that can be read ({error}).") from error


def draw(pen: Strokes, rng: np.random.Generator, brush: float, sizes: tuple[float, float]) -> Ink:
    """On the canvas, at a random size and place."""
    size = rng.uniform(*sizes)
    edge = size / 2 + brush / 2
    x, y = rng.uniform(edge, CANVAS - edge, 2)
    return strokes.render(strokes.place(pen, size, (float(x), float(y))), brush, CANVAS)


def run(dataset: Dataset, pens: list[Pen], store: Store, writers: int, each: int) -> Iterator[Line]:
    """Measure everything, of `each` drawings of `writers` writers."""
    pens = _sample(pens, writers, each)
    yield Line({"bench": "drawing", "drawings": len(pens)}, f"{len(pens):,} drawings")
    drawn = Drawn(pens)
    for preset in PRESETS:
        networks = []
        for seed in SEEDS:
            found = _find(store, preset, seed)
            if found is None:
                yield Line({"training": preset, "seed": seed}, f"Training {preset}, seed {seed} …")
                found = _train(store, preset, seed)
            networks.append(found)
        yield from _of_preset(preset, networks, dataset, drawn)


class Drawn:
    """The drawings as pictures for a network, made once for all presets."""

    def __init__(self, pens: list[Pen]) -> None:
        self.pens, self.few = pens, pens[::FEW]
        self.sheets = _inks(self.few)
        self.images = np.stack([preparation.prepare(ink) for ink in _inks(pens)])
        self.labels = _labels(pens)
        brushes = {f"brush of {brush:.0f} pixels": _inks(self.few, brush) for brush in BRUSHES}
        talls = {f"{t:.0f} pixels tall": _inks(self.few, sizes=(t, t)) for t in TALL}
        ways = {name: (self.sheets, stage) for name, stage in STAGES.items()}
        ways |= {name: (inks, preparation.prepare) for name, inks in (brushes | talls).items()}
        self.ways = {
            name: np.stack([stage(ink) for ink in inks]) for name, (inks, stage) in ways.items()
        }


def _labels(pens: list[Pen]) -> NDArray[np.int64]:
    return np.array([pen.label for pen in pens])


def _inks(pens: list[Pen], brush: float = BRUSH, sizes: tuple[float, float] = SIZES) -> list[Ink]:
    rng = np.random.default_rng(0)
    return [draw(pen.strokes, rng, brush, sizes) for pen in pens]


def _of_preset(
    preset: str, networks: list[Network], dataset: Dataset, drawn: Drawn
) -> Iterator[Line]:
    def accuracy(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        shares = [prediction.probabilities(n, images).argmax(axis=1) == labels for n in networks]
        return float(np.mean(shares))

    def line(what: str, share: float) -> Line:
        return Line(
            {"preset": preset, "what": what, "value": share}, f"{preset:12}{what:44}{share:9.2%}"
        )

    pens, sheets, images, labels = drawn.pens, drawn.sheets, drawn.images, drawn.labels
    yield line(f"all {len(pens):,}, as prepared", accuracy(images, labels))
    few = _labels(drawn.few)
    for name, pictures in drawn.ways.items():
        yield line(f"{len(few):,}, {name}", accuracy(pictures, few))
    yield from (line(what, share) for what, share in _refusals(networks[0], sheets).items())
    yield line("three digits, wholly right", _numbers(networks[0], pens))
    began = time.perf_counter()
    for ink in sheets[:50]:
        prediction.predict(networks[0], ink)
    spent = (time.perf_counter() - began) / len(sheets[:50]) * 1000
    yield Line(
        {"preset": preset, "milliseconds": spent},
        f"{preset:12}{'milliseconds an answer':44}{spent:9.1f}",
    )
    for n in TAUGHT:
        share, lost = _taught(networks, dataset, images, labels, pens, n)
        yield line(f"taught {n} a digit, the writer's others", share)
        yield line(f"taught {n} a digit, MNIST's test set, change", lost)


def _refusals(network: Network, sheets: list[Ink]) -> dict[str, float]:
    rng = np.random.default_rng(1)
    junk = [draw(shape, rng, BRUSH, SIZES) for shape in shapes.random_shapes(200, seed=1)]
    refused = {}
    for what, inks in (("shapes refused", junk), ("digits refused", sheets)):
        refused[what] = float(
            np.mean([prediction.predict(network, i).verdict != "sure" for i in inks])
        )
    return refused


def _numbers(network: Network, pens: list[Pen], n: int = 150) -> float:
    """Of three digits of a writer, each read rightly alone, the share of numbers read rightly."""
    rng, right = np.random.default_rng(2), list[bool]()
    for _ in range(n):
        writer = pens[int(rng.integers(len(pens)))].writer
        own = [pen for pen in pens if pen.writer == writer]
        three = [own[i] for i in rng.integers(0, len(own), 3)]
        placed = [
            strokes.place(pen.strokes, rng.uniform(60, 80), (50.0 + 90 * i, 140.0))
            for i, pen in enumerate(three)
        ]
        labels = [pen.label for pen in three]
        alone = [prediction.predict(network, strokes.render(s, 8, CANVAS)).label for s in placed]
        if alone == labels:
            ink = strokes.render([stroke for s in placed for stroke in s], 8, CANVAS)
            right.append([r.label for r in prediction.predict_number(network, ink)] == labels)
    return float(np.mean(right)) if right else 0.0


def _taught(
    networks: list[Network],
    dataset: Dataset,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    pens: list[Pen],
    n: int,
) -> tuple[float, float]:
    """Mean over writers of accuracy on what they were not taught, and of the test set's change."""
    writer, replay = np.array([pen.writer for pen in pens]), teaching.replay_of(dataset.train)
    shares, changes = [], []
    for network in networks:
        _, before = teaching.measured(network, dataset.test)
        for who in np.unique(writer):
            own = np.flatnonzero(writer == who)
            first = [own[labels[own] == digit] for digit in np.unique(labels)]
            taught = np.concatenate([rows[:n] for rows in first])
            rest = np.setdiff1d(own, np.concatenate([rows[: max(TAUGHT)] for rows in first]))
            if len(rest):
                new = finetune.teach(network, Examples(images[taught], labels[taught]), replay)
                answers = prediction.probabilities(new, images[rest]).argmax(axis=1)
                shares.append(float((answers == labels[rest]).mean()))
                changes.append(teaching.measured(new, dataset.test)[1] - before)
    return float(np.mean(shares)), float(np.mean(changes))


def _sample(pens: list[Pen], writers: int, each: int) -> list[Pen]:
    """So many drawings of so many writers, always the same ones."""
    rng, sample = np.random.default_rng(0), []
    everybody = sorted({pen.writer for pen in pens})
    for who in everybody[:: max(1, len(everybody) // writers)][:writers]:
        own = [pen for pen in pens if pen.writer == who]
        sample += [own[i] for i in rng.permutation(len(own))[:each]]
    return sample


def _in_the_middle(fitted: Ink) -> NDArray[np.uint8]:
    sheet = np.zeros((preparation.SIDE, preparation.SIDE))
    top, left = ((preparation.SIDE - length) // 2 for length in fitted.shape)
    sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return preparation.to_uint8(sheet)


def _find(store: Store, preset: str, seed: int) -> Network | None:
    """The newest finished run of that preset and seed that was not taught."""
    for run in store.runs():
        is_it = presets.name_of(run.config) == preset and run.config.seed == seed
        if is_it and run.dataset == "mnist" and run.status == "finished" and run.parent is None:
            return store.network(run.id)
    return None


def _train(store: Store, preset: str, seed: int) -> Network:
    config = dataclasses.replace(presets.find(preset).config, seed=seed)
    run_id = store.create(config, status="running")
    execute(store, run_id)
    return store.network(run_id)
