"""A few drawings taught in a moment, and the rest not forgotten."""

import numpy as np
import pytest
import torch

from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.net import finetune, training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat
from scratchmlp.net.network import Network


@pytest.fixture(scope="module")
def network(digits: Dataset) -> Network:
    config = TrainConfig(dataset="digits", hidden=(32,), epochs=10)
    *_, end = training.fit(config, digits.train, digits.test)
    s = end.state  # type: ignore[union-attr]
    return Network(config, s.params, s.mean, s.std, digits.classes, s.step, s.epoch)


def accuracy(network: Network, examples: Examples) -> float:
    answers = network.logits(torch.from_numpy(examples.images)).argmax(dim=1).numpy()
    return float((answers == examples.labels).mean())


def test_a_new_hand_is_learned_and_the_old_ones_are_kept(digits: Dataset, network: Network) -> None:
    mirrored = Examples(digits.test.images[:, :, ::-1].copy(), digits.test.labels)  # a new hand
    drawings, others = mirrored.take(np.arange(50)), mirrored.take(np.arange(50, 360))
    taught = finetune.teach(network, drawings, digits.train)
    assert accuracy(taught, others) > accuracy(network, others) + 0.05
    assert accuracy(taught, digits.test) > accuracy(network, digits.test) - 0.03


def test_the_old_network_stays_as_it_is(digits: Dataset, network: Network) -> None:
    before = [tensor.clone() for tensor in flat(network.params)]
    drawings = digits.test.take(np.arange(3))
    first, second = (finetune.teach(network, drawings, digits.train) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(before, flat(network.params), strict=True))
    for a, b in zip(flat(first.params), flat(second.params), strict=True):
        assert torch.equal(a, b)
    assert first.classes == network.classes
    assert first.step == network.step + finetune.STEPS
