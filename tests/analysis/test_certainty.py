"""A prediction is sure where 99% of such predictions are right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.analysis import certainty


def probabilities(confidence: np.ndarray) -> np.ndarray:
    """Predictions of the first of two classes."""
    return np.stack([confidence, 1 - confidence], axis=1)


@given(st.integers(0, 99), st.floats(0, 0.3), st.integers(0, 3))
def test_above_the_limit_enough_predictions_are_right(
    seed: int, errors: float, digits: int
) -> None:
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1, 2000).round(digits + 2)
    labels = (rng.uniform(0, 1, 2000) < errors * (1 - confidence)).astype(np.int64)
    limit = certainty.limit(probabilities(confidence), labels)
    reached = confidence >= limit
    assert limit >= certainty.LEAST
    if reached.any() and limit > certainty.LEAST:
        assert reached.sum() >= certainty.ENOUGH
        assert (labels[reached] == 0).mean() >= certainty.RIGHT


def test_confidence_that_says_nothing_has_no_limit() -> None:
    labels = np.arange(4000) % 50 == 0  # 2% errors, at the highest confidence too
    assert certainty.limit(probabilities(np.ones(4000)), labels.astype(np.int64)) == np.inf
    few = np.where(np.arange(4000) < 200, 0.999, 0.9)
    errors = np.where(np.arange(4000) < 200, 0, np.arange(4000) % 2)
    assert certainty.limit(probabilities(few), errors) == np.inf


def test_confidence_that_separates_has_a_limit_between() -> None:
    confidence = np.linspace(0.9, 1, 4000)
    labels = (confidence < 0.99).astype(np.int64)
    assert certainty.limit(probabilities(confidence), labels) == pytest.approx(0.99, abs=0.002)
    assert certainty.limit(probabilities(confidence), np.zeros(4000, np.int64)) == certainty.LEAST
