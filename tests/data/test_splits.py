import numpy as np
import torch
from fastai.data.transforms import RandomSplitter

from scratchmlp.data.splits import train_valid_split


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
