"""Several datasets as one, as in `mnist+digits+pen`: how such a name is read, and how they join.

Training pictures are joined; a small dataset counts several times, so that it is not drowned by a
large one. The test split is that of the first dataset, so that accuracies can be compared.
"""

import math
from collections.abc import Collection, Sequence

import numpy as np

from scratchmlp.data.types import Dataset, Examples, Part
from scratchmlp.errors import UserError

SIGN = "+"
SHARE = 0.2  # of the largest dataset: what each one counts for at least


def split_name(name: str, named: Collection[str]) -> tuple[str, ...]:
    """The datasets that a name joins. `named` are those with names; all else are folders.

    A plus sign joins only what stands beside a named dataset, since it may be part of a path.

    >>> split_name("mnist+/a+b+digits", ("mnist", "digits"))
    ('mnist', '/a+b', 'digits')
    """
    parts: list[str] = []
    for piece in name.split(SIGN):
        is_path = piece not in named and bool(parts) and parts[-1] not in named
        if parts and (is_path or not piece or not parts[-1]):
            parts[-1] += SIGN + piece
        else:
            parts.append(piece)
    return tuple(parts)


def join(name: str, datasets: Sequence[Dataset]) -> Dataset:
    """One dataset of these.

    Raises
    ------
    UserError
        One of them is there twice, or has other classes than the first.
    """
    first = datasets[0]
    for i, other in enumerate(datasets):
        if other.name in [dataset.name for dataset in datasets[:i]]:
            raise UserError(f"{name[:80]} names {other.name} twice: once is enough.")
        if set(other.classes) != set(first.classes):
            raise UserError(
                f"{first.name} and {other.name} cannot be joined, because their classes differ: "
                f"{_some(first.classes)} and {_some(other.classes)}."
            )
    train = [_numbered(dataset, first.classes) for dataset in datasets]
    largest = max(map(len, train))
    parts = tuple(
        Part(dataset.name, dataset.root, len(part), times(len(part), largest))
        for dataset, part in zip(datasets, train, strict=True)
    )
    joined = Examples(
        np.concatenate([part.images for part in train]),
        np.concatenate([part.labels for part in train]),
    )
    root = SIGN.join(dataset.root for dataset in datasets)
    notes = tuple(f"{dataset.name}: {note}" for dataset in datasets for note in dataset.notes)
    left_out = tuple(file for dataset in datasets for file in dataset.left_out)
    return Dataset(name, first.classes, joined, first.test, root, parts, notes, left_out)


def times(n: int, largest: int) -> int:
    """How often a dataset of `n` pictures counts beside one of `largest`."""
    return max(1, math.ceil(SHARE * largest / n))


def _numbered(dataset: Dataset, classes: tuple[str, ...]) -> Examples:
    """Its training pictures, with labels that count in these classes."""
    number = np.array([classes.index(name) for name in dataset.classes], dtype=np.int64)
    return Examples(dataset.train.images, number[dataset.train.labels])


def _some(classes: Sequence[str]) -> str:
    return ", ".join(classes[:5]) + (", …" if len(classes) > 5 else "")
