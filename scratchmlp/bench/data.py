"""What the benchmarks of training loops share: the pictures, and the network of PyTorch's parts."""

from typing import NamedTuple

from torch import Tensor, nn

from scratchmlp.data import splits
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.net import devices, presets
from scratchmlp.net.model import as_input
from scratchmlp.net.statistics import pixel_moments

HIDDEN = 128


class Data(NamedTuple):
    """The same pictures in the forms that the loops need: uint8 examples, and float32 (n, 784)."""

    train: Examples
    valid: Examples
    x: Tensor
    y: Tensor
    valid_x: Tensor
    valid_y: Tensor
    n_classes: int


def data_of(dataset: Dataset) -> Data:
    """The split of `modern`."""
    config = presets.MODERN
    rows = splits.divide(dataset.train.labels, config)
    train, valid = (dataset.train.take(part) for part in rows)
    (images, labels), (valid_images, valid_labels) = map(devices.to_tensors, (train, valid))
    moments = pixel_moments(images)
    x, valid_x = as_input(images, *moments), as_input(valid_images, *moments)
    return Data(train, valid, x, labels, valid_x, valid_labels, len(dataset.classes))


def module(data: Data) -> nn.Module:
    """784-128-10 of PyTorch's own parts."""
    return nn.Sequential(
        nn.Linear(data.x.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, data.n_classes)
    )
