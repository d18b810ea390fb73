"""What is wrong with a run and what to try, from its curves, its statistics and its pictures."""

from collections.abc import Callable

import pandas as pd

from scratchmlp.analysis import dataset_findings, fit_findings, layer_findings, step_findings
from scratchmlp.analysis.findings import Finding
from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig

__all__ = ["Finding", "diagnose"]

Rule = Callable[[Symptoms], Finding | None]

# Bad steps explain bad units and a low accuracy, so the later findings are left out.
_BAD_STEPS = ("saturated softmax", "diverged", "learning rate too high", "symmetric initialisation")
_NO_LEARNING = (
    *_BAD_STEPS,
    "dead units",
    "saturated units",
    "vanishing gradients",
    "too few steps",
)
_SLOW_LEARNING = (*_NO_LEARNING, "learning rate too low")

# Each rule with the findings that make it superfluous; the most serious first.
RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (step_findings.saturated_softmax, ()),
    (step_findings.diverged, ("saturated softmax",)),
    (step_findings.learning_rate_too_high, ("saturated softmax", "diverged")),
    (layer_findings.symmetric_initialisation, ()),
    (layer_findings.saturated_units, ("symmetric initialisation",)),
    (step_findings.large_initial_weights, ("saturated units",)),
    (step_findings.too_few_steps, _BAD_STEPS),
    (layer_findings.dead_units, ("symmetric initialisation", "too few steps")),
    (layer_findings.vanishing_gradients, (*_BAD_STEPS, "dead units", "saturated units")),
    (step_findings.learning_rate_too_low, _NO_LEARNING),
    (fit_findings.over_fitting, _BAD_STEPS),
    (fit_findings.under_fitting, _SLOW_LEARNING),
    (fit_findings.still_improving, (*_SLOW_LEARNING, "over-fitting")),
    (
        fit_findings.converged,
        (*_SLOW_LEARNING, "over-fitting", "under-fitting", "still improving"),
    ),
)


def diagnose(
    config: TrainConfig,
    steps: pd.DataFrame,
    epochs: pd.DataFrame,
    status: str,
    ended: object,
    dataset: Dataset | None = None,
) -> list[Finding]:
    """All findings about a run, the most serious first.

    Parameters
    ----------
    steps : columns step, loss, lr.
    epochs : columns epoch, step, train_loss, train_accuracy, valid_loss, valid_accuracy and
        statistics, as `net.statistics.statistics` or an older version makes them; may be empty.
    status : the run's status in the store.
    ended : true, or the time of the end, if the run has ended.
    dataset : what the run learns from, where that may be the cause of a problem.
    """
    of_dataset = dataset_findings.findings(dataset) if dataset else []
    if any(finding.severity == "error" for finding in of_dataset):
        return of_dataset  # it explains all else
    symptoms = Symptoms(config, steps, epochs, status, bool(ended))
    found: dict[str, Finding] = {}
    for rule, superfluous_after in RULES:
        finding = None if found.keys() & set(superfluous_after) else rule(symptoms)
        if finding:
            found[finding.name] = _without_what_it_has(finding, config)
    return [*of_dataset, *found.values()]


def _without_what_it_has(finding: Finding, config: TrainConfig) -> Finding:
    """Only settings that change something are advice."""
    if not finding.change:
        return finding
    change = {k: v for k, v in finding.change.items() if v != getattr(config, k)}
    return finding._replace(change=change, advice=finding.advice if change else "")
