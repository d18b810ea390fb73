"""A network knows its layers and how good it is on a split."""

import pytest
import torch

from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network


@pytest.fixture
def network(digits: Dataset) -> Network:
    params = init_params([784, 16, 8, 10], "he", generator=torch.Generator().manual_seed(0))
    return Network(TrainConfig(hidden=(16, 8)), params, 0.1, 0.3, digits.classes, 0, 0)


def test_sizes_are_the_units_of_every_layer(network: Network) -> None:
    assert network.sizes == (784, 16, 8, 10)


def test_evaluate_gives_the_mean_loss_and_the_accuracy(network: Network, digits: Dataset) -> None:
    images, labels = torch.from_numpy(digits.test.images), torch.from_numpy(digits.test.labels)
    logits = network.logits(images)
    loss, accuracy = network.evaluate(digits.test)
    assert loss == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item(), rel=1e-5)
    assert accuracy == pytest.approx((logits.argmax(dim=1) == labels).float().mean().item())


def test_evaluate_gives_none_without_examples(network: Network, digits: Dataset) -> None:
    assert network.evaluate(digits.test.take(digits.test.labels[:0])) == (None, None)
