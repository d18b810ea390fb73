import numpy as np
import pytest
import torch

from scratchmlp.analysis import explanation
from scratchmlp.data.datasets import Dataset
from tests.analysis.networks import network_of


def first_image(digits: Dataset) -> torch.Tensor:
    return torch.from_numpy(digits.test.images)[0]


@pytest.mark.parametrize("hidden", [(), (16,), (32, 16)])
def test_contributions_sum_to_the_difference_of_the_logits(
    digits: Dataset, hidden: tuple[int, ...]
) -> None:
    network = network_of(digits, hidden)
    result = explanation.contributions(network, first_image(digits), 3, 5)
    logits = network.logits(first_image(digits)[None])[0]
    assert result.difference == pytest.approx(float(logits[3] - logits[5]), abs=1e-5)
    assert result.table["gap"].sum() + result.bias == pytest.approx(result.difference, abs=1e-4)
    assert len(result.table) == (hidden[-1] if hidden else 784)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_attributions_sum_to_the_difference_from_a_blank_sheet(
    digits: Dataset, activation: str
) -> None:
    network = network_of(digits, (32,), activation)
    image = first_image(digits)
    pixels = explanation.attribution(network, image, 3, 5)
    here, blank = network.logits(torch.stack([image, torch.zeros_like(image)]))
    expected = float((here[3] - here[5]) - (blank[3] - blank[5]))
    assert pixels.shape == (28, 28)
    assert pixels.sum() == pytest.approx(expected, rel=0.02, abs=0.02)
    assert not pixels[image.numpy() == 0].any()


def test_attribution_equals_finite_differences_of_a_linear_network(digits: Dataset) -> None:
    network = network_of(digits, ())
    image = first_image(digits)
    pixels = explanation.attribution(network, image, 3, 5)
    row, column = np.unravel_index(pixels.argmax(), (28, 28))
    without = image.clone()
    without[row, column] = 0
    a, b = network.logits(torch.stack([image, without]))
    assert pixels.max() == pytest.approx(float((a[3] - a[5]) - (b[3] - b[5])), rel=1e-3)


def test_weight_images_are_columns_of_the_first_layer(digits: Dataset) -> None:
    network = network_of(digits, (16,))
    images = explanation.weight_images(network, [3, 5])
    assert images.shape == (2, 28, 28)
    assert np.allclose(images[1].ravel(), network.params[0][0][:, 5])
