"""Two networks on the same pictures: what the second fixes, what it breaks, and is that chance?"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn import metrics

from scratchmlp.errors import UserError


class Comparison(NamedTuple):
    """`fixed` and `broken` are indices of pictures; `p` is McNemar's, two-sided."""

    fixed: list[int]  # A wrong, B right
    broken: list[int]  # A right, B wrong
    both_wrong: int
    both_right: int
    p: float


def compare(a: pd.DataFrame, b: pd.DataFrame) -> Comparison:
    """Compare two tables of `evaluation.answer` over the same pictures.

    McNemar's test looks only at pictures one of the two gets right: were the networks equally
    good, each would be as likely fixed as broken (McNemar 1947; exact, by the binomial).

    Raises
    ------
    UserError
        The tables are not about the same pictures.
    """
    if len(a) != len(b) or not np.array_equal(a["truth"], b["truth"]):
        raise UserError(
            "These two runs kept other pictures apart: compare them on the test pictures."
        )
    fixed = a.index[~a["correct"] & b["correct"]].tolist()
    broken = a.index[a["correct"] & ~b["correct"]].tolist()
    changed = len(fixed) + len(broken)
    p = binomtest(len(fixed), changed).pvalue if changed else 1.0
    both = a["correct"] & b["correct"]
    neither = ~a["correct"] & ~b["correct"]
    return Comparison(fixed, broken, int(neither.sum()), int(both.sum()), float(p))


def agreement(a: pd.DataFrame, b: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """A row for each pair of answers: truth (A's answer), answer (B's), count, rate of A's."""
    counts = metrics.confusion_matrix(a["prediction"], b["prediction"], labels=range(len(classes)))
    totals = counts.sum(axis=1, keepdims=True).clip(min=1)
    rows, columns = np.indices(counts.shape)
    names = np.array(classes)
    return pd.DataFrame(
        {
            "truth": names[rows.ravel()],
            "prediction": names[columns.ravel()],
            "count": counts.ravel(),
            "rate": (counts / totals).ravel(),
        }
    )
