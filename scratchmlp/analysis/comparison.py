"""Two networks on the same samples: what only one gets right, and is the difference chance?"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scratchmlp import on_demand
from scratchmlp.analysis.evaluation import confusion_table
from scratchmlp.errors import UserError


class Comparison(NamedTuple):
    """`fixed` and `broken` are indices of samples; `p` is the p-value of McNemar's test."""

    fixed: list[int]  # A wrong, B correct
    broken: list[int]  # A correct, B wrong
    both_wrong: int
    both_correct: int
    p: float


def compare(a: pd.DataFrame, b: pd.DataFrame) -> Comparison:
    """Compare two tables of `evaluation.predict` over the same samples.

    McNemar's test looks only at samples that exactly one network gets right. If the networks are
    equally good, such a sample is fixed or broken with probability 1/2 (McNemar 1947). The test
    is exact (binomial) and two-sided.

    Raises
    ------
    UserError
        The tables are about different samples.
    """
    if len(a) != len(b) or not np.array_equal(a["truth"], b["truth"]):
        raise UserError(
            "These two runs have different validation pictures: compare them on the test split."
        )
    fixed = a.index[~a["correct"] & b["correct"]].tolist()
    broken = a.index[a["correct"] & ~b["correct"]].tolist()
    changed = len(fixed) + len(broken)
    p = on_demand.load("scipy.stats").binomtest(len(fixed), changed).pvalue if changed else 1.0
    both = a["correct"] & b["correct"]
    neither = ~a["correct"] & ~b["correct"]
    return Comparison(fixed, broken, int(neither.sum()), int(both.sum()), float(p))


def p_text(p: float) -> str:
    """A p-value as it is printed: a small one is a bound, never 0 (APA style)."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def agreement(a: pd.DataFrame, b: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """A row for each pair of predictions: truth (A's), prediction (B's), count, rate (of A's)."""
    pairs = pd.DataFrame({"truth": a["prediction"], "prediction": b["prediction"]})
    return confusion_table(pairs, classes)
