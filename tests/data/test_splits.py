from dataclasses import replace

import numpy as np
import pytest
import torch
from fastai.data.transforms import RandomSplitter
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.data.splits import divide, some_of, train_valid_split
from scratchmlp.net.config import TrainConfig


def test_the_split_is_the_one_of_fastai() -> None:
    train, valid = train_valid_split(1000, 0.2, 42)
    theirs = RandomSplitter(valid_pct=0.2, seed=42)(range(1000))
    assert train.tolist() == list(theirs[0])
    assert valid.tolist() == list(theirs[1])
    cached = train_valid_split(1000, 0.2, 42)
    assert np.array_equal(cached[0], train)
    assert [len(rows) for rows in train_valid_split(1000, 0, 42)] == [1000, 0]


def test_the_split_does_not_change_the_global_generator() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    train_valid_split(100, 0.3, 1)
    assert torch.equal(torch.rand(3), expected)


SORTED = np.repeat(np.arange(10), 100)  # as in a folder: class after class


@pytest.mark.parametrize("valid_pct", [0.0, 0.2])
def test_fewer_pictures_leave_validation_as_it_was(valid_pct: float) -> None:
    train, valid = divide(SORTED, TrainConfig(valid_pct=valid_pct))
    assert all(map(np.array_equal, (train, valid), train_valid_split(1000, valid_pct, 42)))
    config = TrainConfig(valid_pct=valid_pct, train_size=200)
    few, same = divide(SORTED, config)
    assert np.array_equal(same, valid)
    assert len(few) == len(set(few)) == 200
    assert set(few) < set(train)
    assert np.bincount(SORTED[few]).min() >= 8  # drawn from all classes, also where all are sorted
    assert not np.array_equal(few, divide(SORTED, replace(config, split_seed=43))[0])


@given(st.integers(0, 120), st.integers(0, 120), st.integers(0, 2**32 - 1))
def test_a_smaller_choice_is_part_of_a_larger_one(one: int, other: int, seed: int) -> None:
    labels = np.repeat([0, 1, 2, 3], [1, 2, 37, 60])
    rows = np.arange(100)
    small, large = (
        some_of(rows, labels, size, seed) for size in sorted((one or 100, other or 100))
    )
    assert set(small) <= set(large) <= set(rows)
    assert set(labels[small]) == {0, 1, 2, 3}
    assert len(small) == min(max(min(one or 100, other or 100), 4), 100)


@pytest.mark.parametrize("size", [0, 100, 1000])
def test_all_pictures_stay_in_their_order(size: int) -> None:
    rows = np.random.default_rng(0).permutation(100)
    assert np.array_equal(some_of(rows, rows % 10, size, 0), rows)
