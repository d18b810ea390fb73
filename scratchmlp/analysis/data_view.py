"""What a dataset looks like to a run: its splits, its classes, and its augmented pictures."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from scratchmlp.data import splits
from scratchmlp.data.types import Dataset
from scratchmlp.net.augment import AUGMENTATIONS
from scratchmlp.net.config import TrainConfig

Rows = NDArray[np.int64]
Images = NDArray[np.uint8]


class Classes(NamedTuple):
    """One of each for every class.

    Attributes
    ----------
    averages : the average of its pictures to train on, (classes, 28, 28).
    samples : the rows of some of them, in any order; a class with fewer pictures has fewer.
    training, validation, test : how many pictures it has in each split.
    """

    averages: Images
    samples: list[Rows]
    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def classes(dataset: Dataset, config: TrainConfig, n: int, seed: int) -> Classes:
    """The classes of the pictures that a run with this configuration has; `n` samples of each."""
    train, valid = splits.divide(dataset.train.labels, config)
    labels, count = dataset.train.labels[train], len(dataset.classes)
    drawn = np.random.default_rng(seed)
    rows = [train[labels == label] for label in range(count)]
    return Classes(
        np.stack([_average(dataset.train.images[some]) for some in rows]),
        [drawn.permutation(some)[:n] for some in rows],
        np.bincount(labels, minlength=count),
        np.bincount(dataset.train.labels[valid], minlength=count),
        np.bincount(dataset.test.labels, minlength=count),
    )


def _average(images: Images) -> Images:
    if not len(images):
        return np.zeros((28, 28), np.uint8)
    return (images.sum(axis=0, dtype=np.int64) / len(images)).round().astype(np.uint8)


def augmented(image: Images, augment: str, strength: float, n: int, seed: int) -> Images:
    """What `n` epochs show in place of a picture, (n, 28, 28)."""
    pixels = torch.from_numpy(image).float().expand(n, 28, 28)
    generator = torch.Generator().manual_seed(seed)
    changed = AUGMENTATIONS[augment](pixels, generator, strength)
    shown: Images = changed.round().clamp(0, 255).byte().numpy()
    return shown
