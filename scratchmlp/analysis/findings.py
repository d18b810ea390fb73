"""What a diagnosis finds: a problem of a run with its evidence, its reason and a change to try.

The rules are in `step_findings`, `layer_findings` and `fit_findings`: each takes `Symptoms` and
returns a `Finding` or None. Their thresholds were chosen on recorded runs, healthy ones and broken
ones (docs/experiments.md). A run that still trains gets only those findings that more training
cannot mend.
"""

from typing import Any, Literal, NamedTuple

from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.net import choices
from scratchmlp.net.config import FIELDS, TrainConfig
from scratchmlp.net.presets import FEW_PICTURES

Severity = Literal["error", "warning", "info", "good"]
FEW_STEPS = 400
LEARNT = 0.95  # training accuracy from which a network has learnt its training pictures
LEARNT_ALL = 0.99  # training accuracy from which there is little left to learn from them


class Finding(NamedTuple):
    """A problem of a run, or the message that it has none.

    Attributes
    ----------
    evidence, reason, advice : sentences: the measured numbers, their cause, what to try.
    change : settings to change, by field of the configuration; empty if there is nothing to do.
        `diagnose` removes those that the run already has.
    """

    name: str
    severity: Severity
    evidence: str
    reason: str
    advice: str
    change: dict[str, Any]


def lower_rate(config: TrainConfig, times: float = 10) -> dict[str, Any]:
    momentum = {"momentum": 0.9} if config.momentum > 0.95 else {}
    return {"lr": rounded(max(config.lr / times, FIELDS["lr"].metadata["range"][0]))} | momentum


def smaller_batches(symptoms: Symptoms) -> dict[str, Any]:
    """A batch size that makes more steps; nothing where they are enough, or not known yet."""
    if not symptoms.has_epochs or symptoms.total_steps >= FEW_STEPS:
        return {}
    size = 32 if symptoms.pictures < FEW_PICTURES else 128
    return {"batch_size": size} if size < symptoms.config.batch_size else {}


def rounded(rate: float) -> float:
    """Three digits, so that no control shows 0.0006000000000000001."""
    return float(f"{rate:.3g}")


def largest(name: str) -> Any:
    return FIELDS[name].metadata["range"][1]


def activation(symptoms: Symptoms) -> choices.ActivationChoice:
    """What the table says of the run's activation."""
    return choices.ACTIVATIONS[symptoms.config.activation]
