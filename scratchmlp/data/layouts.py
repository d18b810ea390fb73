"""Finds the splits and classes of a folder of pictures from the paths of its files alone.

People arrange their pictures in many ways: training/<class>/*.png and testing/<class>/*.png, train
and valid, one folder more around it, or only <class>/*.png. What their system leaves among them is
passed over.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.file_kinds import is_of_system, is_picture

SPLIT_NAMES = {
    "train": ("train", "training"),
    "valid": ("valid", "validation", "val"),
    "test": ("test", "testing"),
}
TEST_SHARE = 0.2  # of the pictures, where there is no test split
TEST_SEED = 42
SPLIT_OFF = (
    f"so {round(100 * TEST_SHARE)}% of each class are the test pictures, drawn with seed "
    f"{TEST_SEED}."
)
NEEDS = "it needs <class>/*.png, or training/<class>/*.png and testing/<class>/*.png"


class NoPicturesError(Exception):
    """Why a folder is no dataset, as the rest of a sentence."""


class Labelled(NamedTuple):
    """The path of a picture, relative to the dataset's folder, and its class."""

    path: PurePath
    label: str


class Layout(NamedTuple):
    """The pictures of both splits in their order, and sentences about how they were found."""

    train: list[Labelled]
    test: list[Labelled]
    notes: list[str]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted({picture.label for picture in self.train}, key=natural))


def natural(text: str) -> tuple[bool, int, str]:
    """A sort key: numbers by value, then everything else by the alphabet: 2, 10, a."""
    is_number = text.isascii() and text.isdigit()
    return not is_number, int(text) if is_number else 0, text


def arrange(paths: Iterable[PurePath]) -> Layout:
    """The layout of a folder with files of these relative paths.

    Raises
    ------
    NoPicturesError
        There are no pictures in folders, or none to train on.
    """
    paths = list(paths)
    own = [path for path in paths if not any(map(is_of_system, path.parts))]
    found = [path for path in own if is_picture(path.name)]
    start = _depth_of_splits(found)
    splits = _by_split(found, start)
    if not splits:
        splits = {"": [Labelled(p, p.parts[start]) for p in found if len(p.parts) > start + 1]}
    used = sum(map(len, splits.values()))
    if not used:
        raise NoPicturesError(f"it holds no pictures in folders of classes: {NEEDS}")
    layout = _layout({name: _in_order(part) for name, part in splits.items()})
    passed_over = _passed_over(len(paths) - len(own), own, len(found) - used)
    return layout._replace(notes=[*layout.notes, *passed_over])


def _depth_of_splits(paths: Sequence[PurePath]) -> int:
    """How many folders are around those of the splits or the classes."""
    depth = 0
    while True:
        inside = {path.parts[depth] for path in paths if len(path.parts) > depth + 2}
        direct = {path.parts[depth] for path in paths if len(path.parts) == depth + 2}
        if len(inside) != 1 or direct or any(map(_split, inside)):
            return depth
        depth += 1


def _split(folder: str) -> str | None:
    """The split that the name of a folder means."""
    name = folder.lower()
    return next((split for split, names in SPLIT_NAMES.items() if name in names), None)


def _by_split(paths: Sequence[PurePath], start: int) -> dict[str, list[Labelled]]:
    """The pictures <split>/<class>/…, by split; empty if the folders are not those of splits."""
    splits: dict[str, list[Labelled]] = {}
    for path in paths:
        if len(path.parts) > start + 2 and (split := _split(path.parts[start])):
            splits.setdefault(split, []).append(Labelled(path, path.parts[start + 1]))
    if splits and "train" not in splits:
        raise NoPicturesError(f"it has no training pictures: {NEEDS}")
    return splits


def _in_order(pictures: list[Labelled]) -> list[Labelled]:
    """Numbered files are in the order of their numbers."""
    return sorted(pictures, key=lambda p: (natural(p.path.stem), natural(p.label), str(p.path)))


def _layout(splits: dict[str, list[Labelled]]) -> Layout:
    train, valid = splits.get("train") or splits.get("", []), splits.get("valid", [])
    if test := splits.get("test"):
        notes = ["The validation folder's pictures are trained on too."] if valid else []
        return Layout(_in_order(train + valid), test, notes)
    if valid:
        return Layout(train, valid, ["The validation folder's pictures are the test pictures."])
    is_test = test_rows(np.array([picture.label for picture in train]))
    kept, tested = ([train[i] for i in np.flatnonzero(rows)] for rows in (~is_test, is_test))
    return Layout(kept, tested, [f"There is no test folder, {SPLIT_OFF}"])


def test_rows(labels: NDArray) -> NDArray[np.bool_]:
    """Which pictures are for testing: of each class the same share, always the same ones."""
    random, is_test = np.random.default_rng(TEST_SEED), np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        is_test[random.permutation(rows)[: round(len(rows) * TEST_SHARE)]] = True
    return is_test


def _passed_over(of_system: int, own: list[PurePath], unused: int) -> list[str]:
    """A sentence about the files that are no part of the dataset."""
    others = [path for path in own if not is_picture(path.name)]
    endings = Counter(path.suffix.lower() or path.name for path in others)
    parts = [f"{count:,} {ending}" for ending, count in endings.most_common(5)]
    if unused:
        parts.append(f"{unused:,} picture{'s' if unused > 1 else ''} in no folder of a class")
    if of_system:
        parts.append(f"{of_system:,} file{'s' if of_system > 1 else ''} that the system left")
    return [f"Passed over: {', '.join(parts)}."] if parts else []
