"""Measures `hands` on people whom it has never met, on forms from elsewhere, and on photos.

The pen digits of 30 people are among the pictures it learned from. So for them its recipe is
trained anew on 24 of the writers, and measured on the six others. Drawings of strangers are given
to the network that comes with the program.
"""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from scratchmlp.analysis import prediction
from scratchmlp.bench import Line, paper, special_forms
from scratchmlp.bench.drawing import SEEDS, measure, share_line
from scratchmlp.bench.writers import BRUSH, SIZES, PreparedDrawings, WriterDrawing, draw
from scratchmlp.data import datasets, joined, pen, sources
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.ink import photos
from scratchmlp.net import presets, training
from scratchmlp.net.events import Finished
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file

CHOSEN_ON = range(25, 31)  # the writers who were set aside while the recipe was chosen
OF_EACH_FORM = 100
PHOTOS = 300


def run(drawings: list[WriterDrawing]) -> Iterator[Line]:
    """Train the recipe with three seeds without six writers, and measure it on them."""
    strangers = [drawing for drawing in drawings if drawing.writer in CHOSEN_ON]
    if not strangers:
        raise UserError("These are not the writers of the pen digits: add --strangers.")
    dataset = _without(strangers, drawings)
    networks = []
    for seed in SEEDS:
        yield Line({"training": "hands", "seed": seed}, f"Training hands, seed {seed} …")
        networks.append(_train(dataset, seed))
    yield from all_of(networks, dataset, strangers)


def all_of(
    networks: list[Network], dataset: Dataset, strangers: list[WriterDrawing]
) -> Iterator[Line]:
    """All figures of these networks; teaching replays the pictures of the dataset."""
    yield from measure("hands", networks, dataset, PreparedDrawings(strangers))
    for name, share in _forms(networks[0]).items():
        yield share_line("hands", f"{OF_EACH_FORM} times {name}", share)
    share, wrong = _photos(networks[0], strangers)
    yield share_line("hands", f"{PHOTOS} photos of ink on paper", share)
    yield share_line("hands", "photos that are wrong and sure", wrong)


def _without(strangers: list[WriterDrawing], drawings: list[WriterDrawing]) -> Dataset:
    """The mixed dataset, with the pen digits of all but these."""
    mnist, digits = datasets.load("mnist"), datasets.load("digits")
    known = [(i, d) for i, d in enumerate(drawings) if d not in strangers]
    images = [pen.draw(drawing.strokes, np.random.default_rng([0, i])) for i, drawing in known]
    labels = np.array([drawing.label for _, drawing in known], dtype=np.int64)
    train = Examples(np.stack(images), labels)
    ink = Dataset("pen", mnist.classes, train, train.take(np.arange(0)), "")
    return joined.join(sources.MIXED, [mnist, digits, ink])


def _train(dataset: Dataset, seed: int) -> Network:
    config = dataclasses.replace(presets.find("hands").config, seed=seed)
    train = dataset.to_train_on(np.arange(len(dataset.train)))
    *_, end = training.fit(config, train, dataset.train.take(np.arange(0)))
    assert isinstance(end, Finished)
    return checkpoint_file.network_from_state(end.state, config, dataset.classes)


def _forms(network: Network, forms: Iterable[str] = special_forms.FORMS) -> dict[str, float]:
    """The share of each special form that is read right."""
    shares = {}
    for form in forms:
        rng, (label, _) = np.random.default_rng(0), special_forms.FORMS[form]
        drawn = (special_forms.draw(form, rng) for _ in range(OF_EACH_FORM))
        images = np.stack([prediction.prepare(network, draw(s, rng, BRUSH, SIZES)) for s in drawn])
        predicted = prediction.probabilities(network, images).argmax(axis=1)
        shares[form] = float((predicted == label).mean())
    return shares


def _photos(network: Network, drawings: list[WriterDrawing]) -> tuple[float, float]:
    """The shares of photos that are read right, and that are wrong though the network is sure."""
    rng, right, wrong = np.random.default_rng(0), 0, 0
    for i in rng.permutation(len(drawings))[:PHOTOS]:
        ink = photos.extract_ink(paper.photo(drawings[i].strokes, rng))
        predicted = prediction.predict_number(network, ink)
        labels = [digit.label for digit in predicted]
        is_right = labels == [drawings[i].label]
        right += is_right
        wrong += not is_right and all(digit.verdict == "sure" for digit in predicted)
    return right / PHOTOS, wrong / PHOTOS
