"""The rules of a diagnosis: each takes `Symptoms` and returns a `Finding` or None.

The thresholds were chosen on recorded runs, healthy ones and broken ones (docs/experiments.md). A
run that still trains gets only those findings that more training cannot mend.
"""

import math
from typing import Any, Literal, NamedTuple

from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.net import choices
from scratchmlp.net.config import FIELDS, TrainConfig

Severity = Literal["error", "warning", "info", "good"]


class Finding(NamedTuple):
    """A problem of a run, or the message that it has none.

    Attributes
    ----------
    evidence, reason, advice : sentences: the measured numbers, their cause, what to try.
    change : settings to change, by field of the configuration; empty if there is nothing to do.
    """

    name: str
    severity: Severity
    evidence: str
    reason: str
    advice: str
    change: dict[str, Any]


MIN_PEAK = 2.0  # peak of the loss / first loss
MIN_RISE = 1.25  # training loss / training loss of an earlier epoch
MIN_RISE_OF_FIRST = 0.03  # a smaller rise, as a share of the first loss, is noise
MIN_DEAD = 0.5  # share of a layer's units
MIN_SATURATED = 0.6  # share of a layer's outputs
MIN_IDENTICAL = 0.9  # share of a layer's units
MAX_FADED = 0.02  # gradient of a layer / gradient of the last layer
FEW_STEPS = 400
MIN_REACH = 0.5  # distance that all steps could have moved the weights / norm of the weights
MIN_VALID_RISE = 1.25  # validation loss / smallest validation loss
MIN_GAP = 0.05  # training accuracy - validation accuracy
CAN_OVERFIT = 0.9  # training accuracy from which a network can overfit
LEARNT = 0.95  # training accuracy from which a network has learnt its training pictures
STILL_FALLING = 0.1  # share by which the loss falls over the last quarter of the epochs


def saturated_softmax(symptoms: Symptoms) -> Finding | None:
    if symptoms.status != "diverged" or symptoms.config.loss != "plain-softmax":
        return None
    return Finding(
        "saturated softmax",
        "error",
        f"The loss is not a finite number at step {symptoms.steps_done + 1:,}.",
        "The loss takes the logarithm of a softmax. It is infinite where a probability rounds to 0 "
        "or a logit is above 88.",
        "Compute the logarithm of the softmax in one step, with the largest logit subtracted.",
        {"loss": "log-softmax"},
    )


def diverged(symptoms: Symptoms) -> Finding | None:
    if symptoms.status != "diverged":
        return None
    return Finding(
        "diverged",
        "error",
        f"The loss is not a finite number at step {symptoms.steps_done + 1:,}"
        f"{_losses_before(symptoms)}.",
        "Each step overshoots more than the last: the learning rate is too high for this network.",
        "Train with a tenth of the learning rate.",
        _lower_rate(symptoms.config),
    )


def _losses_before(symptoms: Symptoms) -> str:
    if math.isnan(symptoms.first_loss):
        return ""
    return f", after it went from {symptoms.first_loss:.3g} to {symptoms.last_loss:.3g}"


def learning_rate_too_high(symptoms: Symptoms) -> Finding | None:
    start, top = symptoms.first_loss, symptoms.peak_loss
    if not top >= MIN_PEAK * start:
        lowest, top = symptoms.worst_rise
        if top < MIN_RISE * lowest or top - lowest < MIN_RISE_OF_FIRST * start:
            return None
        start = lowest
    return Finding(
        "learning rate too high",
        "error",
        f"The training loss rises from {start:.3g} to {top:.3g}.",
        "The steps are too long: they jump over the minimum.",
        "Train with a tenth of the learning rate.",
        _lower_rate(symptoms.config),
    )


def symmetric_initialisation(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.largest_share("twins")
    if share < MIN_IDENTICAL:
        return None
    return Finding(
        "symmetric initialisation",
        "error",
        f"{share:.0%} of the units in hidden layer {layer} have the same weights as another unit.",
        "Units that start with equal weights get equal gradients and stay equal. Together they do "
        "no more than a single unit.",
        "Start from random weights.",
        {"init": _activation(symptoms).init},
    )


def dead_units(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.largest_share("dead")
    if share < MIN_DEAD or not _activation(symptoms).dies:
        return None
    return Finding(
        "dead units",
        "error" if share > 0.9 else "warning",
        f"{share:.0%} of the units in hidden layer {layer} output 0 for every picture tested.",
        "A ReLU that is always 0 gets no gradient and cannot recover. The steps are too long.",
        "Train with leaky ReLUs and a lower learning rate.",
        {"activation": "leaky-relu"} | _lower_rate(symptoms.config, 3),
    )


def saturated_units(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.largest_share("flat")
    if share < MIN_SATURATED or not _activation(symptoms).saturates:
        return None
    return Finding(
        "saturated units",
        "warning",
        f"{share:.0%} of the outputs of hidden layer {layer} are where "
        f"{symptoms.config.activation} is flat.",
        "The weighted sums are far from 0, so hardly any gradient flows back. The initial weights "
        "are too large.",
        "Start from smaller weights, so that the weighted sums stay near 1.",
        {"init": "xavier"},
    )


def vanishing_gradients(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.weakest_gradient
    if not symptoms.can_be_judged or share >= MAX_FADED or not symptoms.train_accuracy < LEARNT:
        return None
    return Finding(
        "vanishing gradients",
        "warning",
        f"The gradient of layer {layer} is {1 / max(share, 1e-9):,.0f} times smaller than that of "
        "the last layer.",
        "Each layer multiplies the gradient by the slope of its activation. The slope of "
        f"{symptoms.config.activation} is small, so little reaches the first layers.",
        "Train with ReLUs and the initial weights for them.",
        {"activation": "relu", "init": "he"},
    )


def too_few_steps(symptoms: Symptoms) -> Finding | None:
    if not symptoms.is_finished or not symptoms.train_accuracy < LEARNT:
        return None
    if symptoms.steps_done >= FEW_STEPS:
        return None
    return Finding(
        "too few steps",
        "warning",
        f"The whole run has only {symptoms.steps_done:,} steps.",
        "A network learns a little with each step. Large batches and few epochs make few steps.",
        "Train with smaller batches and for more epochs.",
        {
            "batch_size": min(symptoms.config.batch_size, 128),
            "epochs": max(symptoms.config.epochs, 8),
        },
    )


def learning_rate_too_low(symptoms: Symptoms) -> Finding | None:
    if not symptoms.can_be_judged or not symptoms.train_accuracy < LEARNT:
        return None
    if symptoms.total_steps < FEW_STEPS or symptoms.reach >= MIN_REACH:
        return None
    return Finding(
        "learning rate too low",
        "warning",
        f"All steps together can move the weights by at most {symptoms.reach:.1%} of their norm. "
        f"The training loss is still {symptoms.train_loss:.3g}.",
        "The steps are too short: the loss would go on falling for a long time.",
        "Train with ten times the learning rate.",
        {"lr": _rounded(min(10 * symptoms.config.lr, _largest("lr")))},
    )


def over_fitting(symptoms: Symptoms) -> Finding | None:
    rise, gap, valid = symptoms.valid_rise, symptoms.gap, symptoms.valid_accuracy
    if valid is None or not symptoms.can_be_judged or not symptoms.train_accuracy >= CAN_OVERFIT:
        return None
    if rise < MIN_VALID_RISE and gap < MIN_GAP:
        return None
    return Finding(
        "over-fitting",
        "warning",
        f"Training accuracy is {symptoms.train_accuracy:.1%}, validation accuracy {valid:.1%}. The "
        f"validation loss is {rise:.3g} times its minimum.",
        "The network learns its training pictures by heart, and not what they have in common.",
        *_against_over_fitting(symptoms.config),
    )


def _against_over_fitting(config: TrainConfig) -> tuple[str, dict[str, Any]]:
    if config.augment == "none":
        return "Train with augmentation: the network never sees the same picture twice.", {
            "augment": "affine"
        }
    return "Train with more weight decay.", {
        "weight_decay": _rounded(min(config.weight_decay + 0.1, 1.0))
    }


def under_fitting(symptoms: Symptoms) -> Finding | None:
    if not symptoms.is_finished or not symptoms.train_accuracy < LEARNT:
        return None
    wrong = f"The network gets {1 - symptoms.train_accuracy:.1%} of its training pictures wrong."
    return Finding("under-fitting", "warning", wrong, *_against_under_fitting(symptoms.config))


def _against_under_fitting(config: TrainConfig) -> tuple[str, str, dict[str, Any]]:
    if config.weight_decay * config.lr > 0.005:
        return (
            "Weight decay pulls the weights to 0 faster than the training pictures move them.",
            "Train with a hundredth of the weight decay.",
            {"weight_decay": _rounded(config.weight_decay / 100)},
        )
    if min(config.hidden, default=0) < 32 or config.activation == "identity":
        return (
            "The network is too small to separate the classes.",
            "Train with a hidden layer of 128 ReLUs.",
            {"hidden": (128,), "activation": "relu", "init": "he"},
        )
    return (
        "The run is too short for this network.",
        "Train for twice as many epochs.",
        {"epochs": min(2 * config.epochs, _largest("epochs"))},
    )


def converged(symptoms: Symptoms) -> Finding | None:
    if not symptoms.is_finished or not (symptoms.is_annealed or symptoms.fall < STILL_FALLING):
        return None
    valid = symptoms.valid_accuracy
    score, of = (symptoms.train_accuracy, "training") if valid is None else (valid, "validation")
    if math.isnan(score):
        return None
    return Finding(
        "converged",
        "good",
        f"The loss hardly falls any more, and {of} accuracy is {score:.2%}.",
        "The learning rate fits the network, and the run is long enough.",
        "Look at the pictures that it still gets wrong, on the page Evaluate.",
        {},
    )


def _lower_rate(config: TrainConfig, times: float = 10) -> dict[str, Any]:
    momentum = {"momentum": 0.9} if config.momentum > 0.95 else {}
    return {"lr": _rounded(max(config.lr / times, FIELDS["lr"].metadata["range"][0]))} | momentum


def _rounded(rate: float) -> float:
    """Three digits, so that no control shows 0.0006000000000000001."""
    return float(f"{rate:.3g}")


def _largest(name: str) -> Any:
    return FIELDS[name].metadata["range"][1]


def _activation(symptoms: Symptoms) -> choices.ActivationChoice:
    """What the table says of the run's activation."""
    return choices.ACTIVATIONS[symptoms.config.activation]
