"""Divides the training samples into those to train on and those to validate on."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scratchmlp import paths
from scratchmlp.data import array_cache

Rows = NDArray[np.int64]


class Split(Protocol):
    """The settings of a run that decide which pictures it trains on."""

    @property
    def valid_pct(self) -> float: ...
    @property
    def split_seed(self) -> int: ...
    @property
    def train_size(self) -> int: ...


def divide(labels: NDArray[np.int64], config: Split) -> tuple[Rows, Rows]:
    """Rows to train on, at most `train_size` (0: all), and rows to validate on.

    The validation rows are split off first: they are the same for every `train_size`.
    """
    train, valid = train_valid_split(len(labels), config.valid_pct, config.split_seed)
    return some_of(train, labels, config.train_size, config.split_seed), valid


def some_of(rows: Rows, labels: NDArray[np.int64], size: int, seed: int) -> Rows:
    """So many of the rows, drawn by the seed; all of them for 0. A smaller choice is part of a
    larger one, and each class has at least one row.
    """
    if not 0 < size < len(rows):
        return rows
    drawn = np.random.default_rng(seed).permutation(rows)
    first = np.sort(np.unique(labels[drawn], return_index=True)[1])
    return np.concatenate([drawn[first], np.delete(drawn, first)])[: max(size, len(first))]


def train_valid_split(n: int, valid_pct: float, seed: int) -> tuple[Rows, Rows]:
    """Rows to train on and rows to validate on, by fastai's `RandomSplitter`, as in the post.

    The result is stored in the array cache, because importing fastai takes seconds.
    """
    if valid_pct == 0:
        return np.arange(n), np.arange(0)
    file = paths.cache() / f"split-{n}-{valid_pct}-{seed}.safetensors"
    rows = array_cache.read(file)
    if rows is None:
        rows = dict(zip(("train", "valid"), _random_split(n, valid_pct, seed), strict=True))
        array_cache.write(file, rows, {})
    return rows["train"], rows["valid"]


def _random_split(n: int, valid_pct: float, seed: int) -> tuple[Rows, Rows]:
    import torch
    from fastai.data.transforms import RandomSplitter

    with torch.random.fork_rng(devices=[]):  # RandomSplitter seeds torch's global generator
        train, valid = RandomSplitter(valid_pct=valid_pct, seed=seed)(range(n))
    return np.array(train, dtype=np.int64), np.array(valid, dtype=np.int64)
