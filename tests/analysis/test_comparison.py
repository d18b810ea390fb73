"""Two networks on the same pictures, checked by counting."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from scratchmlp.analysis import comparison
from scratchmlp.errors import UserError


def table(truth: list[int], answer: list[int]) -> pd.DataFrame:
    rows = pd.DataFrame({"truth": truth, "prediction": answer}).rename_axis("index")
    return rows.assign(correct=rows["truth"] == rows["prediction"])


def test_what_is_fixed_and_what_is_broken() -> None:
    a = table([0, 0, 1, 1, 1, 0], [0, 1, 1, 0, 0, 1])
    b = table([0, 0, 1, 1, 1, 0], [1, 0, 1, 1, 1, 1])
    told = comparison.compare(a, b)
    assert (told.fixed, told.broken) == ([1, 3, 4], [0])
    assert (told.both_wrong, told.both_right) == (1, 1)
    assert told.p == pytest.approx(2 * binom.cdf(1, 4, 0.5))


def test_the_same_network_differs_in_nothing() -> None:
    a = table([0, 1], [0, 0])
    told = comparison.compare(a, a)
    assert (told.fixed, told.broken, told.p) == ([], [], 1.0)


def test_other_pictures_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="test pictures"):
        comparison.compare(table([0, 1], [0, 0]), table([1, 0], [0, 0]))
    with pytest.raises(UserError, match="test pictures"):
        comparison.compare(table([0, 1], [0, 0]), table([0], [0]))


def test_agreement_counts_pairs_of_answers() -> None:
    generator = np.random.default_rng(0)
    truth, a, b = (generator.integers(0, 3, 200).tolist() for _ in range(3))
    cells = comparison.agreement(table(truth, a), table(truth, b), ("x", "y", "z"))
    counts = cells.pivot(index="truth", columns="prediction", values="count").to_numpy()
    assert counts.sum() == 200
    assert counts[0, 2] == sum(p == 0 and q == 2 for p, q in zip(a, b, strict=True))
    np.testing.assert_allclose(cells.groupby("truth")["rate"].sum(), 1)
