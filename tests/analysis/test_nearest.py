"""The index finds the same pictures as scikit-learn's search through all of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from scratchmlp.analysis import nearest
from scratchmlp.analysis.explanation import hidden_activations
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.network import Network
from tests.analysis.networks import network_of


def unit_outputs(network: Network, images: np.ndarray) -> np.ndarray:
    return normalize(hidden_activations(network, torch.from_numpy(images)).double().numpy())


@pytest.mark.parametrize("hidden", [(), (16,), (300,), (32, 600)])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_same_pictures_as_a_full_search(
    digits: Dataset, hidden: tuple[int, ...], activation: str
) -> None:
    network = network_of(digits, hidden, activation)
    train, asked = digits.train.images, digits.test.images[:40]
    index = nearest.build(network, train)
    found = np.stack([nearest.search(index, image) for image in torch.from_numpy(asked)])
    assert all(len(set(rows)) == 8 for rows in found)
    theirs, ours = unit_outputs(network, train), unit_outputs(network, asked)
    every = NearestNeighbors(n_neighbors=8, metric="cosine", algorithm="brute").fit(theirs)
    distances = 1 - np.einsum("qd,qnd->qn", ours, theirs[found])
    np.testing.assert_allclose(distances, every.kneighbors(ours)[0], atol=1e-6)


def test_a_picture_of_the_index_is_nearest_to_itself(digits: Dataset) -> None:
    index = nearest.build(network_of(digits, (16,)), digits.test.images)
    for row in (0, 7, 300):
        assert nearest.search(index, torch.from_numpy(digits.test.images[row]))[0] == row


@pytest.mark.parametrize("hidden", [(), (16,), (600,)])
def test_a_picture_takes_at_most_512_bytes(digits: Dataset, hidden: tuple[int, ...]) -> None:
    index = nearest.build(network_of(digits, hidden), digits.train.images)
    assert index.outputs.nbytes <= 512 * len(digits.train)


def test_few_pictures_and_a_network_of_nan(digits: Dataset) -> None:
    network = network_of(digits, (16,))
    image = torch.from_numpy(digits.test.images[0])
    few = digits.train.images[:3]
    assert sorted(nearest.search(nearest.build(network, few), image)) == [0, 1, 2]
    broken = replace(network, params=[(w * float("nan"), b) for w, b in network.params])
    assert len(nearest.search(nearest.build(broken, few), image)) == 3
