"""A small network to look into."""

import pandas as pd
import pytest
import torch

from scratchmlp.analysis import evaluation
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network

CONFIG = TrainConfig(dataset="digits", hidden=(16,))


@pytest.fixture
def network(digits: Dataset) -> Network:
    """Untrained: it is wrong often, and in many ways."""
    params = init_params([784, 16, 10], "he", generator=torch.Generator().manual_seed(0))
    return Network(CONFIG, params, 0.15, 0.3, digits.classes, 0, 0)


@pytest.fixture
def table(network: Network, digits: Dataset) -> pd.DataFrame:
    return evaluation.predict(network, digits.test)
