"""Label errors: flipped labels come first, and no network predicts its training samples."""

from dataclasses import replace

import numpy as np
import pytest

from scratchmlp.analysis import label_errors
from scratchmlp.data.datasets import Dataset, Examples


def flipped(train: Examples, n: int, classes: int) -> tuple[Examples, np.ndarray]:
    """The samples with `n` labels changed at random, and the rows of these."""
    generator = np.random.default_rng(0)
    rows = generator.choice(len(train), n, replace=False)
    labels = train.labels.copy()
    labels[rows] = (labels[rows] + generator.integers(1, classes, n)) % classes
    return Examples(train.images, labels), rows


def test_flipped_labels_come_first(digits: Dataset) -> None:
    train, rows = flipped(digits.train, 30, 10)
    calls: list[tuple[int, int]] = []
    p = label_errors.out_of_fold(train, lambda done, total: calls.append((done, total)))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert calls[-1][0] == calls[-1][1]
    table = label_errors.table(train.labels, label_errors.rank(train.labels, p))
    assert len(set(table.index[:60]) & set(rows)) >= 27
    assert table["issue"].iloc[:10].all()
    assert table["quality"].is_monotonic_increasing


def test_most_of_300_flipped_labels_of_mnist_are_found(mnist: Dataset) -> None:
    train, rows = flipped(mnist.train, 300, 10)
    quick = replace(label_errors.FOLD_CONFIG, epochs=2)
    p = label_errors.out_of_fold(train, config=quick)
    table = label_errors.table(train.labels, label_errors.rank(train.labels, p))
    assert len(set(table.index[:600]) & set(rows)) >= 240


def test_a_class_of_two_samples_has_predictions_too(digits: Dataset) -> None:
    rare = np.flatnonzero(digits.train.labels == 9)[2:]
    few = digits.train.take(np.setdiff1d(np.arange(400), rare))
    p = label_errors.out_of_fold(few, config=replace(label_errors.FOLD_CONFIG, epochs=1))
    assert (p.sum(axis=1) > 0.99).all()


def test_the_csv_has_the_names_of_the_classes(digits: Dataset) -> None:
    labels = np.array([0, 1, 1])
    p = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    table = label_errors.table(labels, label_errors.rank(labels, p))
    assert table.index[0] == 2
    lines = label_errors.as_csv(table, ("cat", "dog"), np.array(["a", "b", "c"])).splitlines()
    assert lines[0] == "index,file,label,prediction,p_label,p_prediction,quality,is_label_error"
    assert lines[1].startswith("2,c,dog,cat,0.3,0.7,")


@pytest.mark.parametrize("n", [2, 3])
def test_very_few_samples(digits: Dataset, n: int) -> None:
    two = digits.train.take(
        np.concatenate([np.flatnonzero(digits.train.labels == c)[:n] for c in (0, 1)])
    )
    p = label_errors.out_of_fold(two, config=replace(label_errors.FOLD_CONFIG, epochs=1))
    assert p.shape == (2 * n, 2)
