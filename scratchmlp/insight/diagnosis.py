"""What is going on with a run, and what to try: read off its curves and its statistics.

A rule looks at a `Case` and answers with a `Finding` or nothing. Rules are a table; each has its
own figures at its top, chosen on recorded curves (docs/experiments.md).
"""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import pandas as pd

from scratchmlp.net.config import TrainConfig

Severity = Literal["error", "warning", "info", "good"]


class Finding(NamedTuple):
    """Something to know about a run.

    Attributes
    ----------
    name : which kind, as in "learning rate too high".
    seen, why, try_ : sentences: the numbers, what they come from, what to do about it.
    change : settings to change, by field of the configuration; empty where there is nothing to do.
    """

    name: str
    severity: Severity
    seen: str
    why: str
    try_: str
    change: dict[str, Any]


class Case(NamedTuple):
    """A run so far."""

    config: TrainConfig
    steps: pd.DataFrame
    epochs: pd.DataFrame
    status: str
    ended: bool


def diagnose(
    config: TrainConfig, steps: pd.DataFrame, epochs: pd.DataFrame, status: str, ended: object
) -> list[Finding]:
    """Everything worth saying about a run, the gravest first.

    Parameters
    ----------
    steps : columns step, loss, lr.
    epochs : columns epoch, step, train_loss, train_accuracy, valid_loss, valid_accuracy and
        statistics, as `measure.statistics` or an older version made them; may be empty.
    status : the run's, as the store has it.
    ended : whether it is over; of a run that still trains only what cannot heal is said.
    """
    case = Case(config, steps, epochs, status, bool(ended))
    return [found for rule in RULES if (found := rule(case))]


def diverged(case: Case) -> Finding | None:
    if case.status != "diverged":
        return None
    return Finding(
        "diverged",
        "error",
        f"The loss became no number after {len(case.steps):,} steps.",
        "Each step overshot further than the last.",
        "Train with a tenth of the learning rate.",
        {"lr": case.config.lr / 10},
    )


RULES: list[Callable[[Case], Finding | None]] = [diverged]
_ = math
