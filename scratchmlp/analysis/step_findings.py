"""Rules of a diagnosis about the steps: they diverge, are too long, too short or too few."""

import math
from typing import Any

from scratchmlp.analysis.findings import (
    FEW_STEPS,
    LEARNT,
    LEARNT_ALL,
    Finding,
    activation,
    largest,
    lower_rate,
    rounded,
    smaller_batches,
)
from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.figures import percent, significant

MIN_PEAK = 2.0  # peak of the loss / first loss
MIN_RISE = 1.25  # training loss / training loss of an earlier epoch
MIN_RISE_OF_FIRST = 0.05  # a smaller rise, as a share of the first loss, is noise
CONFIDENT = 10.0  # nats: the loss of a guess among 22,000 classes
MIN_REACH = 0.5  # distance that all steps could have moved the weights / norm of the weights


def saturated_softmax(symptoms: Symptoms) -> Finding | None:
    if symptoms.status != "diverged" or symptoms.config.loss != "plain-softmax":
        return None
    return Finding(
        "saturated softmax",
        "error",
        f"The loss is NaN or infinite at step {symptoms.steps_done + 1:,}.",
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
        f"The loss is NaN or infinite at step {symptoms.steps_done + 1:,}"
        f"{_losses_before(symptoms)}.",
        "Each step overshoots more than the last: the learning rate is too high for this network.",
        "Train with a tenth of the learning rate.",
        lower_rate(symptoms.config),
    )


def _losses_before(symptoms: Symptoms) -> str:
    if math.isnan(symptoms.first_loss):
        return ""
    first, last = significant(symptoms.first_loss), significant(symptoms.last_loss)
    return f", after it went from {first} to {last}"


def learning_rate_too_high(symptoms: Symptoms) -> Finding | None:
    start, top = symptoms.first_loss, symptoms.peak_loss
    if not top >= MIN_PEAK * start:
        lowest, top = symptoms.worst_rise
        if top < MIN_RISE * lowest or top - lowest < MIN_RISE_OF_FIRST * start:
            return None
        if symptoms.train_accuracy >= LEARNT_ALL:  # the rise did no harm
            return None
        start = lowest
    batches = smaller_batches(symptoms)
    return Finding(
        "learning rate too high",
        "error",
        f"The training loss rises from {significant(start)} to {significant(top)}.",
        "The steps are too long: they jump over the minimum.",
        f"Train with a tenth of the learning rate{' and smaller batches' if batches else ''}.",
        lower_rate(symptoms.config) | batches,
    )


def large_initial_weights(symptoms: Symptoms) -> Finding | None:
    if not symptoms.first_loss > CONFIDENT:
        return None
    return Finding(
        "initial weights too large",
        "warning",
        f"The loss of the first batch is {significant(symptoms.first_loss)}. A guess among 10 "
        "classes has 2.30.",
        "Large weights make large logits, so the first predictions are confident and wrong. Most "
        "steps only undo this.",
        "Start from smaller weights, made for this activation.",
        {"init": activation(symptoms).init},
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
        "Train with smaller batches or for more epochs.",
        _more_steps(symptoms),
    )


def _more_steps(symptoms: Symptoms) -> dict[str, Any]:
    """Batches and epochs that make at least `FEW_STEPS` steps."""
    config, batches = symptoms.config, smaller_batches(symptoms)
    batch_size = batches.get("batch_size", config.batch_size)
    enough = math.ceil(FEW_STEPS * batch_size / max(1.0, symptoms.pictures))
    return batches | {"epochs": min(max(config.epochs, 8, enough), largest("epochs"))}


def learning_rate_too_low(symptoms: Symptoms) -> Finding | None:
    if not symptoms.can_be_judged or not symptoms.train_accuracy < LEARNT:
        return None
    if symptoms.total_steps < FEW_STEPS or symptoms.reach >= MIN_REACH:
        return None
    return Finding(
        "learning rate too low",
        "warning",
        f"All steps together can move the weights by at most {percent(symptoms.reach, 1)} of their "
        f"norm. The training loss is still {significant(symptoms.train_loss)}.",
        "The steps are too short: the loss would go on falling for a long time.",
        "Train with ten times the learning rate.",
        {"lr": rounded(min(10 * symptoms.config.lr, largest("lr")))},
    )
