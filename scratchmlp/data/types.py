"""What a dataset is: images with labels, a training and a test split, names of the classes."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIGIT_CLASSES = tuple("0123456789")  # the classes of every dataset that has a name
MAX_CLASS_NAME = 200  # characters
MAX_CLASSES = 1_000  # more cannot be shown on a page

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""


def is_text(text: str) -> bool:
    """Whether every character can be stored and shown: no control character, no lone surrogate."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


def is_class_name(name: str) -> bool:
    """Whether a class may have this name."""
    return 0 < len(name) <= MAX_CLASS_NAME and is_text(name)


@dataclass(frozen=True)
class Examples:
    """Images uint8 (n, 28, 28), 0 paper and 255 ink, and their labels int64 (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        return Examples(self.images[rows], self.labels[rows])


@dataclass(frozen=True)
class Part:
    """A dataset that is part of a joined one.

    Attributes
    ----------
    n : how many training pictures it has; the parts follow each other.
    times : how often each of them counts in an epoch.
    """

    name: str
    root: str
    n: int
    times: int


@dataclass(frozen=True)
class Dataset:
    """A training and a test split.

    Attributes
    ----------
    classes : `classes[label]` is the name of a label.
    root : the folder of the source's files, or the package that contains them.
    parts : what was joined to make it; none if nothing was.
    notes : sentences about what was found, passed over and changed.
    left_out : the files of pictures that cannot be used, each with the reason.
    """

    name: str
    classes: tuple[str, ...]
    train: Examples
    test: Examples
    root: str
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def times(self) -> NDArray[np.int64]:
        """How often each training picture counts in an epoch, (n,)."""
        if not self.parts:
            return np.ones(len(self.train), dtype=np.int64)
        parts = self.parts
        return np.repeat([part.times for part in parts], [part.n for part in parts])

    def to_train_on(self, rows: NDArray[np.int64]) -> Examples:
        """These of the training pictures, each as often as it counts."""
        return self.train.take(np.repeat(rows, self.times[rows]) if self.parts else rows)
