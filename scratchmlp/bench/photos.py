"""Measures how often a network reads the digit in a photo or a scan, and is sure and wrong.

The pictures are made of real digits, pen strokes and MNIST's test pictures, with a disturbance
over each (`photo_kinds`). Two digits that touch are right if both are read. A printed letter has no
right answer: it only must not be "sure".
"""

from collections.abc import Iterator

import numpy as np

from scratchmlp.analysis import photo_prediction
from scratchmlp.bench import Line, photo_kinds, sheets, stroke_photos
from scratchmlp.bench.sheets import Digit
from scratchmlp.bench.writers import WriterDrawing
from scratchmlp.data.datasets import Dataset
from scratchmlp.ink import photos
from scratchmlp.net.network import Network

PAIRS = {"two digits that touch": 0.0, "two digits that overlap": 0.15}


def run(
    network: Network, dataset: Dataset, drawings: list[WriterDrawing], each: int, only: str = ""
) -> Iterator[Line]:
    """A line for each kind whose name contains `only`, from `each` pictures; then the mean."""
    totals = np.zeros(3, dtype=int)
    for name in [*photo_kinds.KINDS, *PAIRS]:
        if only in name:
            counts = np.zeros(3, dtype=int)
            for data, label in pictures(name, dataset, drawings, each):
                counts += [1, *_outcome(network, data, label)]
            totals += counts
            yield _line(name, counts)
    yield _line("all kinds", totals)
    if only in "printed letters":
        letters = pictures_of_letters()
        sure = sum(_outcome(network, data, "")[1] for data in letters)
        record = {"kind": "printed letters", "pictures": len(letters), "sure": int(sure)}
        yield Line(record, f"{len(letters)} printed letters: {sure} sure")


def pictures(
    kind: str, dataset: Dataset, drawings: list[WriterDrawing], each: int
) -> Iterator[tuple[bytes, str]]:
    """Files of a kind, always the same ones, and the digits in them."""
    rng = np.random.default_rng([ord(c) for c in kind])
    for _ in range(each):
        if kind in PAIRS:
            left, right = (_digit(dataset, drawings, rng, only_strokes=True) for _ in range(2))
            data = stroke_photos.pair(left[0], right[0], rng, PAIRS[kind])
            yield data, left[1] + right[1]
        else:
            only_strokes = kind in ("strokes of 1 pixel", "hollow outlines", "very thick")
            digit, label = _digit(dataset, drawings, rng, only_strokes)
            yield photo_kinds.KINDS[kind](digit, rng), label


def _digit(
    dataset: Dataset, drawings: list[WriterDrawing], rng: np.random.Generator, only_strokes: bool
) -> tuple[Digit, str]:
    """A digit of a random pen, or one of MNIST's test split."""
    if only_strokes or rng.random() < 0.5:
        drawing = drawings[int(rng.integers(len(drawings)))]
        return sheets.of_strokes(drawing.strokes), str(drawing.label)
    row = int(rng.integers(len(dataset.test)))
    label = dataset.classes[int(dataset.test.labels[row])]
    return sheets.of_image(dataset.test.images[row]), label


def pictures_of_letters() -> list[bytes]:
    rng = np.random.default_rng(0)
    return [stroke_photos.letter(text, rng) for text in photo_kinds.LETTERS]


def _outcome(network: Network, data: bytes, label: str) -> tuple[bool, bool]:
    """Whether the picture is read rightly, and whether it is read wrongly and surely."""
    digits = photo_prediction.predict_number(network, photos.extract_ink(data))
    known = [d.label for d in digits if d.label is not None]
    is_right = len(known) == len(digits) and "".join(network.classes[k] for k in known) == label
    is_sure = bool(digits) and all(d.verdict == "sure" for d in digits)
    return is_right, is_sure and not is_right


def _line(name: str, counts: np.ndarray) -> Line:
    n, right, sure = (int(count) for count in counts)
    record = {"kind": name, "pictures": n, "right": right, "sure_and_wrong": sure}
    text = f"{name:30}{right / max(n, 1):7.1%} right{sure / max(n, 1):7.1%} sure and wrong ({n})"
    return Line(record, text)
