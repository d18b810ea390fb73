"""The embedding map: PCA against singular values, t-SNE by its neighbours, the rectangle."""

import numpy as np
import pandas as pd
import pytest

from scratchmlp.analysis import projection
from scratchmlp.data.datasets import Dataset


def test_pca_keeps_the_two_widest_directions() -> None:
    data = np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32)
    data *= np.linspace(5, 0.1, 20, dtype=np.float32)
    points = projection.pca(data)
    singular = np.linalg.svd(data - data.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(points, axis=0), singular[:2], rtol=1e-4)


def test_one_hidden_unit_makes_a_line() -> None:
    points = projection.pca(np.arange(10, dtype=np.float32)[:, None])
    assert points.shape == (10, 2)
    np.testing.assert_allclose(points[:, 1], 0, atol=1e-9)


def test_tsne_keeps_similar_samples_together_and_reports_progress(digits: Dataset) -> None:
    images = digits.test.images[:200].reshape(200, -1).astype(np.float32) / 255
    calls: list[tuple[int, int]] = []
    points = projection.tsne(images, lambda done, total: calls.append((done, total)))
    assert points.shape == (200, 2)
    assert calls[-1] == (750, 750)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) + np.eye(200) * 1e9
    labels = digits.test.labels[:200]
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.8


def test_tsne_can_be_stopped() -> None:
    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        projection.tsne(np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32), stop)


def test_the_map_has_the_worst_errors() -> None:
    correct = np.arange(100) % 10 != 0
    table = pd.DataFrame({"correct": correct, "loss": np.arange(100.0)})
    rows = projection.sample_rows(table, np.zeros((100, 2)), max_correct=20, max_wrong=8)
    assert (~rows["correct"]).sum() == 8
    assert rows["correct"].sum() == 20
    assert 0 not in rows.index  # the lowest loss of the ten errors
    assert not rows.index.duplicated().any()


def test_a_rectangle_may_be_drawn_from_any_corner() -> None:
    points = np.array([[0.0, 0], [1, 1], [2, 2]])
    assert projection.in_rectangle(points, (1.5, 0.5), (2.0, 0.0)).tolist() == [1]
