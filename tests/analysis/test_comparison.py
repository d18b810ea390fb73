"""Two networks on the same samples, checked by counting."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from scratchmlp.analysis import comparison
from scratchmlp.errors import UserError


def table(truth: list[int], prediction: list[int]) -> pd.DataFrame:
    rows = pd.DataFrame({"truth": truth, "prediction": prediction}).rename_axis("index")
    return rows.assign(correct=rows["truth"] == rows["prediction"])


def test_fixed_and_broken_samples() -> None:
    a = table([0, 0, 1, 1, 1, 0], [0, 1, 1, 0, 0, 1])
    b = table([0, 0, 1, 1, 1, 0], [1, 0, 1, 1, 1, 1])
    result = comparison.compare(a, b)
    assert (result.fixed, result.broken) == ([1, 3, 4], [0])
    assert (result.both_wrong, result.both_correct) == (1, 1)
    assert result.p == pytest.approx(2 * binom.cdf(1, 4, 0.5))


def test_a_network_equals_itself() -> None:
    a = table([0, 1], [0, 0])
    result = comparison.compare(a, a)
    assert (result.fixed, result.broken, result.p) == ([], [], 1.0)


def test_different_samples_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="test split"):
        comparison.compare(table([0, 1], [0, 0]), table([1, 0], [0, 0]))
    with pytest.raises(UserError, match="test split"):
        comparison.compare(table([0, 1], [0, 0]), table([0], [0]))


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "< 0.001"), (9e-4, "< 0.001"), (0.001, "0.001"), (0.0421, "0.042")]
)
def test_a_p_value_is_never_0(p: float, text: str) -> None:
    assert comparison.p_text(p) == text


def test_agreement_counts_pairs_of_predictions() -> None:
    generator = np.random.default_rng(0)
    truth, a, b = (generator.integers(0, 3, 200).tolist() for _ in range(3))
    cells = comparison.agreement(table(truth, a), table(truth, b), ("x", "y", "z"))
    counts = cells.pivot(index="truth", columns="prediction", values="count").to_numpy()
    assert counts.sum() == 200
    assert counts[0, 2] == sum(p == 0 and q == 2 for p, q in zip(a, b, strict=True))
    np.testing.assert_allclose(cells.groupby("truth")["rate"].sum(), 1)
