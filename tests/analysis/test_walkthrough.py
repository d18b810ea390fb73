import ast
import re
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchmlp.analysis import source_listing
from scratchmlp.analysis.walkthrough import blocks, walk_through
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import choices, model, presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network


def test_blocks_have_the_source_that_runs() -> None:
    shown = {block.name: block for block in blocks(TrainConfig())}
    assert "torch.relu" in shown["Activation"].source
    assert "tanh" not in shown["Activation"].source
    assert "def adam" in shown["Optimiser"].source
    assert "Augmentation" not in shown
    assert shown["A layer"].shapes == "(B, 784) -> (B, 128)"
    assert shown["Network"].shapes == "(B, 784) -> (B, 128) -> (B, 10)"
    for block in shown.values():
        ast.parse(block.source)


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_has_blocks(name: str) -> None:
    config = presets.find(name).config
    shown = {block.name: block.source for block in blocks(config)}
    assert ("Augmentation" in shown) == (config.augment != "none")
    assert ("plain_log_softmax" in shown["Log of softmax"]) == (config.loss == "plain-softmax")
    everything = "\n".join(shown.values())
    assert re.search(rf"^def {config.optimizer}\(", everything, re.MULTILINE)


def test_a_network_without_hidden_layers_has_no_activation() -> None:
    shown = {block.name: block for block in blocks(TrainConfig(hidden=(), backward="by-hand"))}
    assert "Activation" not in shown
    assert "def by_hand" in shown["Gradients"].source
    assert shown["A layer"].shapes == "(B, 784) -> (B, 10)"


@settings(max_examples=25, deadline=None)
@given(
    activation=st.sampled_from(sorted(choices.ACTIVATIONS)),
    hidden=st.lists(st.integers(1, 12), max_size=3),
    seed=st.integers(0, 1000),
    data=st.data(),
)
def test_the_gradient_is_the_same_in_three_ways(
    activation: str, hidden: list[int], seed: int, data: st.DataObject
) -> None:
    generator = torch.Generator().manual_seed(seed)
    config = TrainConfig(hidden=tuple(hidden), activation=activation)
    params = init_params([784, *hidden, 3], "he", generator=generator)
    network = Network(config, params, 0.1, 0.3, ("a", "b", "c"), 0, 0)
    images = torch.randint(0, 256, (5, 28, 28), generator=generator, dtype=torch.uint8)
    labels = torch.randint(0, 3, (5,), generator=generator)
    layer = data.draw(st.integers(1, len(params)))
    weights = params[layer - 1][0]
    i = data.draw(st.integers(0, weights.shape[0] - 1))
    j = data.draw(st.integers(0, weights.shape[1] - 1))
    walkthrough = walk_through(network, images, labels, layer, i, j)
    assert walkthrough.by_hand == pytest.approx(walkthrough.by_autograd, abs=1e-9)
    assert walkthrough.by_hand == pytest.approx(walkthrough.by_difference, abs=1e-6)
    assert walkthrough.terms["product"].sum() == pytest.approx(walkthrough.by_hand)
    assert walkthrough.weight == pytest.approx(float(weights[i, j]))


def test_the_walkthrough_has_the_tensors_of_both_passes(network: Network, digits: Dataset) -> None:
    images = torch.from_numpy(digits.train.images[:4])
    labels = torch.from_numpy(digits.train.labels[:4])
    walkthrough = walk_through(network, images, labels, 1, 406, 3)
    assert [s.name for s in walkthrough.forward] == ["x", "z1", "h1", "z2", "log p", "p"]
    assert [s.name for s in walkthrough.backward] == ["dz2", "dw2", "db2", "dz1", "dw1", "db1"]
    by_name = {s.name: s for s in [*walkthrough.forward, *walkthrough.backward]}
    x = network.input(images)
    z1 = model.linear(x, *network.params[0])
    assert by_name["x"].table.loc[2, 406] == pytest.approx(float(x[2, 406]))
    assert by_name["h1"].table.loc[1, 3] == pytest.approx(max(0, float(z1[1, 3])), abs=1e-5)
    assert by_name["p"].table.sum(axis=1).tolist() == pytest.approx([1.0] * 4)
    assert by_name["dw1"].shape == (784, 16)
    assert by_name["dw1"].table.loc[406, 3] == pytest.approx(walkthrough.by_hand)
    expected = torch.nn.functional.cross_entropy(network.logits(images), labels).item()
    assert walkthrough.loss == pytest.approx(expected)
    assert "w1[406, 3]" in walkthrough.formula


def test_the_walkthrough_does_not_change_the_network(network: Network, digits: Dataset) -> None:
    images = torch.from_numpy(digits.train.images[:2])
    labels = torch.from_numpy(digits.train.labels[:2])
    before = [t.clone() for t in model.flat(network.params)]
    walk_through(network, images, labels, 2, 0, 0)
    after = model.flat(network.params)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert not any(t.requires_grad for t in after)


def test_a_listing_has_what_is_used_and_nothing_else() -> None:
    config = replace(TrainConfig(), optimizer="sgd", augment="affine", schedule="constant")
    listed = source_listing.closure([("scratchmlp.net.training", "fit")], config)
    names = [piece.name for piece in listed.pieces]
    assert len(names) == len(set(names))
    assert {"fit", "Learner", "sgd", "affine", "constant"} <= set(names)
    assert not {"adam", "momentum", "one_cycle", "elastic", "by_hand", "TrainConfig"} & set(names)
    assert names.index("sgd") < names.index("OPTIMIZERS") < names.index("fit")
    assert not any("scratchmlp" in statement for statement in listed.imports)


def test_a_piece_is_the_source_of_its_module() -> None:
    found = source_listing.piece("scratchmlp.net.model", "linear", TrainConfig())
    assert found.source.startswith("def linear(xb: Tensor")
    space: dict = {"Tensor": torch.Tensor}
    exec(found.source, space)
    x, w, b = torch.rand(2, 3), torch.rand(3, 4), torch.rand(4)
    assert torch.equal(space["linear"](x, w, b), model.linear(x, w, b))
    with pytest.raises(KeyError):
        source_listing.piece("scratchmlp.net.model", "nothing", TrainConfig())
