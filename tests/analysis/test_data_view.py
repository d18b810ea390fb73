from dataclasses import replace

import numpy as np
import pytest

from scratchmlp.analysis import data_view, evaluation
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig

CONFIG = TrainConfig(dataset="digits")


@pytest.mark.parametrize("size", [0, 100])
def test_the_classes_are_those_of_the_run_s_pictures(digits: Dataset, size: int) -> None:
    config = replace(CONFIG, train_size=size)
    found = data_view.classes(digits, config, 5, seed=0)
    for name, counts in (
        ("train", found.training),
        ("valid", found.validation),
        ("test", found.test),
    ):
        labels = evaluation.split_of(digits, config, name).labels
        assert counts.tolist() == np.bincount(labels, minlength=10).tolist()
    train = evaluation.split_of(digits, config, "train")
    for label, rows in enumerate(found.samples):
        assert set(digits.train.labels[rows]) == {label}
        assert len(rows) == min(5, found.training[label])
        mean = train.images[train.labels == label].mean(axis=0)
        assert np.abs(found.averages[label] - mean).max() <= 0.5


def test_a_class_without_pictures_has_none(digits: Dataset) -> None:
    wider = replace(digits, classes=(*digits.classes, "ten"))
    found = data_view.classes(wider, CONFIG, 5, seed=0)
    assert (
        found.training[10] == found.validation[10] == found.test[10] == len(found.samples[10]) == 0
    )
    assert not found.averages[10].any()


def test_another_seed_shows_other_pictures(digits: Dataset) -> None:
    one, same, other = (data_view.classes(digits, CONFIG, 5, seed).samples[3] for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("augment", choices.AUGMENTATIONS)
def test_augmented_pictures_change_with_the_strength(digits: Dataset, augment: str) -> None:
    image = digits.train.images[0]
    none, usual = (data_view.augmented(image, augment, s, 4, 0) for s in (0.0, 1.0))
    assert none.shape == usual.shape == (4, 28, 28)
    assert np.abs(none.astype(int) - image).max() <= 1
    is_changed = bool((np.abs(usual.astype(int) - image) > 20).any())
    assert is_changed == (augment != "none")
    assert not is_changed or not np.array_equal(usual[0], usual[1])
