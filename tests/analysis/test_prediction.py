"""Digits have a prediction; shapes and empty sheets are rejected."""

import numpy as np
import pytest
import torch

from scratchmlp.analysis import out_of_distribution, prediction
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network


def trained(dataset: Dataset, augment: str = "none") -> Network:
    config = TrainConfig(dataset=dataset.name, hidden=(32,), epochs=4, augment=augment)
    *_, end = training.fit(config, dataset.train, dataset.test)
    s = end.state  # type: ignore[union-attr]
    return Network(config, s.params, s.mean, s.std, dataset.classes, s.step, s.epoch)


@pytest.fixture(autouse=True)
def no_cached_detector() -> None:
    out_of_distribution.detector.cache_clear()


def test_an_empty_sheet_has_no_prediction(digits: Dataset) -> None:
    network = trained(digits)
    result = prediction.predict(network, np.zeros((280, 280)))
    assert (result.label, result.verdict, result.runner_up) == (None, "empty", None)
    assert not result.probabilities.any()
    assert prediction.predict_number(network, np.zeros((280, 280))) == []


@pytest.mark.parametrize("augment", ["none", "affine"])
def test_probabilities_sum_to_1_and_images_do_not_change(digits: Dataset, augment: str) -> None:
    network, images = trained(digits, augment), digits.test.images[:20].copy()
    p = prediction.probabilities(network, images)
    assert p.sum(axis=1) == pytest.approx(np.ones(20))
    assert (images == digits.test.images[:20]).all()
    if augment == "none":
        logits = network.logits(torch.from_numpy(images)).double()
        assert p == pytest.approx(logits.softmax(dim=1).numpy())


def test_a_prediction_needs_no_dataset(digits: Dataset) -> None:
    network = trained(digits)
    result = prediction.predict(network, digits.test.images[0] / 255)
    assert result.label == result.probabilities.argmax()
    assert result.verdict == "not sure"  # nothing is known about its confidence
    assert result.candidates == (result.label, result.runner_up)


def test_the_detector_of_a_dataset_is_cached(closed_world, digits: Dataset) -> None:  # type: ignore[no-untyped-def]
    datasets.load("digits")
    first = out_of_distribution.detector("digits")
    assert len(list(closed_world.glob("cache/familiar-*"))) == 1
    out_of_distribution.detector.cache_clear()
    again = out_of_distribution.detector("digits")
    images = digits.test.images[:9]
    assert (first.scores(images) == again.scores(images)).all()
    assert np.mean(first.scores(digits.test.images) > 1) < 0.05
    assert out_of_distribution.detector("digits").scores(np.full((1, 28, 28), 255, np.uint8))[0] > 1
