"""Untrained networks of any shape for tests."""

import torch

from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network


def network_of(digits: Dataset, hidden: tuple[int, ...], activation: str = "relu") -> Network:
    config = TrainConfig(dataset="digits", hidden=hidden, activation=activation)
    g = torch.Generator().manual_seed(0)
    params = init_params([784, *hidden, 10], "he", generator=g)
    params = [(w, torch.randn(b.shape, generator=g)) for w, b in params]
    return Network(config, params, 0.15, 0.3, digits.classes, 0, 0)
