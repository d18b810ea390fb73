"""What is going on with a run, and what to try: read off its curves and its statistics."""

from collections.abc import Callable

import pandas as pd

from scratchmlp.analysis import findings
from scratchmlp.analysis.findings import Finding
from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.net.config import TrainConfig

__all__ = ["Finding", "diagnose"]

Rule = Callable[[Symptoms], Finding | None]

# What is wrong with the steps explains what becomes of the units and the accuracy.
_BROKEN = ("saturated softmax", "diverged", "learning rate too high", "symmetric initialisation")
_STUCK = (*_BROKEN, "dead units", "saturated units", "vanishing gradients", "too few steps")
_HELD_BACK = (*_STUCK, "learning rate too low")

# Each rule, and the findings after which it has nothing to add, the gravest first.
RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (findings.saturated_softmax, ()),
    (findings.diverged, ("saturated softmax",)),
    (findings.too_high, ("saturated softmax", "diverged")),
    (findings.symmetric, ()),
    (findings.dead_units, ("symmetric initialisation",)),
    (findings.saturated_units, ("symmetric initialisation",)),
    (findings.vanishing, (*_BROKEN, "dead units", "saturated units")),
    (findings.too_few_steps, _BROKEN),
    (findings.too_low, _STUCK),
    (findings.over_fitting, _BROKEN),
    (findings.under_fitting, _HELD_BACK),
    (findings.converged, (*_HELD_BACK, "over-fitting", "under-fitting")),
)


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
    ended : whether it is over, or when it was.
    """
    case = Symptoms(config, steps, epochs, status, bool(ended))
    found: dict[str, Finding] = {}
    for rule, already_said in RULES:
        said = None if found.keys() & set(already_said) else rule(case)
        if said:
            found[said.name] = said
    return list(found.values())
