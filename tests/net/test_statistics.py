"""What is kept of each epoch, against the same figures worked out another way."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchmlp.data.datasets import Dataset
from scratchmlp.net import choices, devices, presets, statistics, training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Epoch
from scratchmlp.net.learner import SAMPLE, Learner, initial_state
from scratchmlp.net.model import flat, init_params

CONFIG = TrainConfig(dataset="digits", hidden=(24, 8))


def measured(config: TrainConfig, init: str = "he") -> dict:
    generator = torch.Generator().manual_seed(0)
    params = init_params([784, *config.hidden, 10], init, generator=generator)
    before = [w * 0.9 for w, _ in params]
    grads = [torch.full_like(t, 0.5) for t in flat(params)]
    xb = torch.randn(64, 784, generator=generator)
    return statistics.layer_statistics(config, params, before, grads, xb)


def test_norms_and_updates() -> None:
    kept = measured(CONFIG)
    generator = torch.Generator().manual_seed(0)
    params = init_params([784, 24, 8, 10], "he", generator=generator)
    norms = [np.linalg.norm(w.numpy()) for w, _ in params]
    assert kept["weight_norm"] == pytest.approx(norms, rel=1e-4)
    assert kept["update_ratio"] == pytest.approx([1 / 9] * 3, rel=1e-4)
    assert kept["gradient_norm"] == pytest.approx(
        [0.5 * w.numel() ** 0.5 for w, _ in params], rel=1e-4
    )


@settings(max_examples=20, deadline=None)
@given(activation=st.sampled_from(sorted(choices.ACTIVATIONS)))
def test_histograms_count_as_numpy_does(activation: str) -> None:
    kept = measured(replace(CONFIG, activation=activation))
    assert [sum(h["counts"]) for h in kept["histogram"]] == [64 * 24, 64 * 8, 64 * 10]
    assert all(len(h["counts"]) == statistics.BINS for h in kept["histogram"])
    values = torch.randn(5000)
    found = statistics._histogram(values)
    counts, _ = np.histogram(values, bins=statistics.BINS, range=(found["low"], found["high"]))
    assert found["counts"][1:-1] == pytest.approx(counts[1:-1], abs=2)  # rounded ends
    assert found["counts"][0] >= counts[0]


def test_a_layer_that_is_all_the_same_has_a_histogram() -> None:
    found = statistics._histogram(torch.full((50,), 3.0))
    assert sum(found["counts"]) == 50
    assert statistics._histogram(torch.tensor([1.0, float("nan")]))["counts"] == []


def test_units_that_are_alike_are_twins() -> None:
    weights = torch.randn(784, 10, generator=torch.Generator().manual_seed(1))
    assert statistics._twins(weights) == 0
    weights[:, 5] = weights[:, 2]
    assert statistics._twins(weights) == pytest.approx(1 / 9)
    assert statistics._twins(torch.zeros(784, 10)) == 1
    assert statistics._twins(weights[:, :1].expand(784, 10)) == 1
    assert statistics._twins(weights[:, :1]) == 0


def test_flat_and_dead_are_shares() -> None:
    kept = measured(replace(CONFIG, activation="sigmoid"), init="normal")
    assert kept["flat"][0] > 0.8  # N(0, 1) weights under 784 inputs
    assert kept["dead"] == [0, 0]
    kept = measured(replace(CONFIG, init="zeros"), init="zeros")
    assert kept["dead"] == [1, 1]
    assert 0 <= kept["sure"] <= 1


def test_an_epoch_keeps_little(digits: Dataset) -> None:
    config = replace(presets.MODERN, dataset="digits", epochs=1)
    epoch = next(e for e in training.fit(config, digits.train, digits.test) if isinstance(e, Epoch))
    assert len(json.dumps(epoch.statistics)) < 1500  # bytes, of 784-128-10


def test_watching_the_units_changes_nothing(digits: Dataset) -> None:
    images, labels = devices.to_tensors(digits.train)
    start = initial_state(CONFIG, images, 10)
    learner = Learner(CONFIG, start, images, labels)
    state = learner.generator.get_state()
    sample = learner.sample()
    assert sample.shape == (SAMPLE, 784)
    assert torch.equal(learner.generator.get_state(), state)
    assert torch.equal(sample, learner.sample())
    few = Learner(CONFIG, start, images[:7], labels[:7])
    assert few.sample().shape == (7, 784)
