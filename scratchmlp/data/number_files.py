"""Datasets that are files of numbers: MNIST's own format (IDX), Kaggle's CSV, and Keras' npz.

All give the same pictures as MNIST's PNGs. A path means one file, or the folder of the files.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.data import layouts, number_formats
from scratchmlp.data.layouts import natural
from scratchmlp.data.number_formats import Split
from scratchmlp.data.types import Dataset, Examples, Progress
from scratchmlp.errors import UserError
from scratchmlp.file_kinds import is_of_system
from scratchmlp.ink import polarity

IDX_FILE = r"(?P<set>.*?)(?P<split>train|t10k|test)-(?P<what>images|labels)[.-]idx\d-ubyte(\.gz)?"
CSV_FILE = r"(?P<set>.*?)(?P<split>train|test)\.csv"
SAMPLE = 1_000  # pictures that decide which brightness is paper


class Files(NamedTuple):
    """The files of one dataset, by "train images" and so on; and how they are read."""

    paths: dict[str, Path]
    read: Callable[[dict[str, Path]], tuple[Split, Split | None, list[str]]]


def find(root: Path) -> Files | None:
    """The files that a path means: one of them, or the folder they are in; None if there are none.

    Raises
    ------
    UserError
        A part is missing, or there are several datasets.
    """
    if not root.exists():
        return None
    if root.is_dir():
        paths = _names(root)
        return _find_idx(paths) or _find_csv(paths) or _find_npz(paths)
    if root.suffix.lower() == ".npz":
        return _find_npz([root])
    if match := _match(IDX_FILE, root):
        beside = [path for path in _names(root.parent) if _set_of(IDX_FILE, path) == match["set"]]
        return _find_idx(beside)
    if match := _match(CSV_FILE, root):
        beside = [path for path in _names(root.parent) if _set_of(CSV_FILE, path) == match["set"]]
        return _find_csv(beside)
    return None


def decode(name: str, root: str, files: Files, progress: Progress) -> Dataset:
    """The dataset in these files.

    Raises
    ------
    UserError
        A file is damaged, or does not hold pictures of 28 x 28 with labels.
    """
    progress("Reading numbers", 0, 0)
    train, test, notes = files.read(files.paths)
    classes = tuple(sorted({str(label) for label in np.unique(train[1])}, key=natural))
    if len(classes) < 2:
        raise UserError(f"{root} has one class only: a network needs two or more to choose from.")
    if test is None:
        is_test = layouts.test_rows(train[1])
        train, test = _rows(train, ~is_test), _rows(train, is_test)
    if is_inverted := _is_light_paper(train[0]):
        train, test = (255 - train[0], train[1]), (255 - test[0], test[1])
    notes = [*notes, *polarity.notes(is_inverted, 0)]
    own, others = (_numbered(split, classes, root) for split in (train, test))
    return Dataset(name, classes, own, others, root, notes=tuple(notes))


def _rows(split: Split, rows: NDArray[np.bool_]) -> Split:
    return split[0][rows], split[1][rows]


def _is_light_paper(images: NDArray[np.uint8]) -> bool:
    """Whether most of a sample of the pictures have light paper."""
    some = images[:: len(images) // SAMPLE + 1]
    return polarity.is_light_paper(np.array([polarity.paper_of(image) for image in some]))


def _names(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and not is_of_system(p.name))


def _match(pattern: str, path: Path) -> re.Match[str] | None:
    return re.fullmatch(pattern, path.name, re.IGNORECASE)


def _set_of(pattern: str, path: Path) -> str | None:
    match = _match(pattern, path)
    return match["set"] if match else None


def _one_set(pattern: str, paths: Iterable[Path]) -> list[tuple[Path, re.Match[str]]]:
    """The files of the one dataset that has such names."""
    found = [(path, match) for path in paths if (match := _match(pattern, path))]
    sets = sorted({match["set"] for _, match in found})
    if len(sets) > 1:
        named = ", ".join(name.strip("-_") or "one without a name" for name in sets)
        raise UserError(f"{found[0][0].parent} holds several datasets: {named}. Name one file.")
    return found


def _find_idx(paths: list[Path]) -> Files | None:
    found = {}
    for path, match in _one_set(IDX_FILE, paths):
        split = "train" if match["split"].lower() == "train" else "test"
        found[f"{split} {match['what'].lower()}"] = path
    if not found:
        return None
    for part in ("train images", "train labels", "test images", "test labels"):
        if part not in found:
            folder = next(iter(found.values())).parent
            raise UserError(f"{folder} has no file of the {part}: MNIST's own files are four.")
    return Files(found, number_formats.read_idx_files)


def _find_csv(paths: list[Path]) -> Files | None:
    found = {match["split"].lower(): path for path, match in _one_set(CSV_FILE, paths)}
    return Files(found, number_formats.read_csv_files) if "train" in found else None


def _find_npz(paths: list[Path]) -> Files | None:
    found = [path for path in paths if path.suffix.lower() == ".npz"]
    return Files({"npz": found[0]}, number_formats.read_npz) if len(found) == 1 else None


def _numbered(split: Split, classes: tuple[str, ...], root: str) -> Examples:
    """The pictures with labels that count in `classes`."""
    images, labels = split
    if len(images) != len(labels):
        raise UserError(f"{root} has {len(images):,} pictures and {len(labels):,} labels.")
    number = {name: i for i, name in enumerate(classes)}
    known, inverse = np.unique(labels, return_inverse=True)
    if unknown := [str(label) for label in known if str(label) not in number]:
        raise UserError(f"{root} has test pictures of {unknown[0]}, but none to train on.")
    numbers = np.array([number[str(label)] for label in known], dtype=np.int64)
    return Examples(np.ascontiguousarray(images), numbers[inverse].reshape(-1))
