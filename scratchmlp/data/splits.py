"""Divides the training samples into those to train on and those to validate on."""

import numpy as np
from numpy.typing import NDArray

from scratchmlp import paths
from scratchmlp.data import array_cache

Rows = NDArray[np.int64]


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
