import numpy as np
import pytest
import torch

from scratchmlp.analysis import network_view
from scratchmlp.charts.network import Drawing
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import count_weights
from scratchmlp.net.model import layers
from tests.analysis.networks import network_of

HIDDEN = [(), (16,), (32, 16, 12, 4)]


def numbers(drawing: Drawing, layer: int) -> list[int]:
    """Which units of a hidden layer are drawn."""
    return [int(unit.label.split()[1].strip(":")) for unit in drawing.layers[layer].units]


def assert_has_all_layers(drawing: Drawing, hidden: tuple[int, ...]) -> None:
    assert [layer.size for layer in drawing.layers] == [*hidden, 10]
    shown = [len(layer.units) for layer in drawing.layers]
    assert shown == [min(n, network_view.MOST) for n in (*hidden, 10)]
    assert len(drawing.lines) == len(hidden)
    assert [unit.name for unit in drawing.layers[-1].units] == list("0123456789")


@pytest.mark.parametrize("hidden", HIDDEN)
def test_settings_give_every_layer_and_equal_lines(hidden: tuple[int, ...]) -> None:
    drawing = network_view.of_sizes(hidden, tuple("0123456789"))
    assert_has_all_layers(drawing, hidden)
    assert drawing.lines == [None] * len(hidden)
    assert all(f"{n} hidden unit" in drawing.description for n in hidden)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_network_shows_its_strongest_units_and_their_weights(
    digits: Dataset, hidden: tuple[int, ...]
) -> None:
    network = network_of(digits, hidden)
    drawing = network_view.of_network(network)
    assert_has_all_layers(drawing, hidden)
    pictures = [unit.picture for unit in drawing.layers[0].units]
    assert all(picture is not None and picture.shape == (28, 28, 3) for picture in pictures)
    for layer, lines in enumerate(drawing.lines):
        weights = network.params[layer + 1][0].detach()
        norms, shown = weights.norm(dim=1), numbers(drawing, layer)
        others = [i for i in range(len(norms)) if i not in shown]
        assert norms[shown].min() >= norms[others].max() if others else True
        is_last = layer == len(hidden) - 1
        following = list(range(10)) if is_last else numbers(drawing, layer + 1)
        part = weights[shown][:, following]
        assert np.allclose(lines, part / part.abs().max(), atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_picture_lights_the_most_active_units(
    digits: Dataset, hidden: tuple[int, ...], activation: str
) -> None:
    network = network_of(digits, hidden, activation)
    image = torch.from_numpy(digits.test.images[0])
    drawing = network_view.of_image(network, image)
    assert_has_all_layers(drawing, hidden)
    outputs = layers(network.params, network.input(image[None]), activation)
    for layer, (_, h) in enumerate(outputs[:-1]):
        shown = numbers(drawing, layer)
        others = [i for i in range(hidden[layer]) if i not in shown]
        active = h[0].detach().abs()
        assert active[shown].min() >= active[others].max() if others else True
        levels = [unit.level for unit in drawing.layers[layer].units]
        assert np.allclose(levels, h[0][shown].detach() / active.max(), atol=1e-6)
    p = network.logits(image[None])[0].softmax(dim=0)
    assert np.allclose([unit.level for unit in drawing.layers[-1].units], p, atol=1e-6)
    assert f"It predicts {int(p.argmax())} with" in drawing.description


def test_a_line_to_a_class_is_what_the_unit_adds_to_its_logit(digits: Dataset) -> None:
    """With all units drawn, the lines to a class and its bias sum to its logit."""
    network = network_of(digits, (8,))
    image = torch.from_numpy(digits.test.images[0])
    lines = network_view.of_image(network, image).lines[0]
    bias = network.params[-1][1].detach().numpy()
    sums = network.logits(image[None])[0].numpy() - bias
    assert lines is not None
    assert np.allclose(lines.sum(axis=0) / sums, lines.sum(axis=0)[0] / sums[0], rtol=1e-3)


def test_equal_weights_have_a_picture_too(digits: Dataset) -> None:
    network = network_of(digits, (8,))
    for tensor in (tensor for pair in network.params for tensor in pair):
        tensor.data.zero_()
    assert len(network_view.of_network(network).layers) == 2
    image = torch.from_numpy(digits.test.images[0])
    assert [unit.level for unit in network_view.of_image(network, image).layers[0].units] == [0] * 8


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_counts_are_those_of_the_parameters(digits: Dataset, hidden: tuple[int, ...]) -> None:
    params = network_of(digits, hidden).params
    weights, biases = (sum(pair[i].numel() for pair in params) for i in (0, 1))
    assert weights == count_weights(hidden, 10)
    assert network_view.counts_in_words(hidden, 10) == f"{weights:,} weights, {biases:,} biases"
    assert network_view.weights_in_words(hidden, 10).endswith(f"= {weights:,} weights")
