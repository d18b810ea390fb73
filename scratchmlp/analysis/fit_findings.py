"""Rules of a diagnosis about the end of a run: over-fitting, under-fitting, or all is well."""

import math
from typing import Any

from scratchmlp.analysis.findings import (
    FEW_STEPS,
    LEARNT,
    LEARNT_ALL,
    Finding,
    largest,
    rounded,
)
from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.figures import percent
from scratchmlp.net.config import TrainConfig

MIN_VALID_RISE = 1.25  # validation loss / smallest validation loss
MIN_GAP = 0.05  # training accuracy - validation accuracy
MIN_GAP_OF_RISE = 0.01  # the same, where the validation loss rises
CAN_OVERFIT = 0.9  # training accuracy from which a network can overfit
STILL_FALLING = 0.1  # share by which the loss falls over the last quarter of the epochs


def over_fitting(symptoms: Symptoms) -> Finding | None:
    rise, gap, valid = symptoms.valid_rise, symptoms.gap, symptoms.valid_accuracy
    if valid is None or not symptoms.can_be_judged or not symptoms.train_accuracy >= CAN_OVERFIT:
        return None
    rises = rise >= MIN_VALID_RISE and gap >= MIN_GAP_OF_RISE
    if not rises and gap < MIN_GAP:
        return None
    if not symptoms.is_finished and (not rises or symptoms.config.schedule != "constant"):
        return None  # the gap may close again when the learning rate falls
    return Finding(
        "over-fitting",
        "warning",
        f"Training accuracy is {percent(symptoms.train_accuracy, 1)}, validation "
        f"accuracy {percent(valid, 1)}. The validation loss is {rise:.3g} times its minimum.",
        "The network learns its training pictures by heart, and not what they have in common.",
        *_against_over_fitting(symptoms.config),
    )


def _against_over_fitting(config: TrainConfig) -> tuple[str, dict[str, Any]]:
    if config.train_size:
        return "Train on all pictures: more of them are harder to learn by heart.", {
            "train_size": 0
        }
    if config.augment == "none":
        return "Train with augmentation: the network never sees the same picture twice.", {
            "augment": "affine"
        }
    return "Train with more weight decay.", {
        "weight_decay": rounded(min(config.weight_decay + 0.1, 1.0))
    }


def under_fitting(symptoms: Symptoms) -> Finding | None:
    if not symptoms.is_finished or not symptoms.train_accuracy < LEARNT:
        return None
    share = percent(1 - symptoms.train_accuracy, 1)
    wrong = f"The network gets {share} of its training pictures wrong."
    return Finding("under-fitting", "warning", wrong, *_against_under_fitting(symptoms.config))


def _against_under_fitting(config: TrainConfig) -> tuple[str, str, dict[str, Any]]:
    if config.weight_decay * config.lr > 0.005:
        return (
            "Weight decay pulls the weights to 0 faster than the training pictures move them.",
            "Train with a hundredth of the weight decay.",
            {"weight_decay": rounded(config.weight_decay / 100)},
        )
    if min(config.hidden, default=0) < 32:
        return (
            "The network is too small to separate the classes.",
            "Train with a hidden layer of 128 ReLUs.",
            {"hidden": (128,), "activation": "relu", "init": "he"},
        )
    if config.activation == "identity":
        return (
            "Without an activation all layers together are a single linear one.",
            "Train with ReLUs and the initial weights for them.",
            {"activation": "relu", "init": "he"},
        )
    return (
        "The run is too short for this network.",
        "Train for twice as many epochs.",
        {"epochs": min(2 * config.epochs, largest("epochs"))},
    )


def still_improving(symptoms: Symptoms) -> Finding | None:
    if not symptoms.is_finished or not symptoms.train_accuracy >= LEARNT:
        return None
    short = symptoms.steps_done < FEW_STEPS and symptoms.train_accuracy < LEARNT_ALL
    if not short and (symptoms.is_annealed or symptoms.fall < STILL_FALLING):
        return None
    evidence = (
        f"The whole run has only {symptoms.steps_done:,} steps, and the network still gets "
        f"{percent(1 - symptoms.train_accuracy, 1)} of its training pictures wrong."
        if short
        else f"The loss falls by {percent(symptoms.fall, 0)} over the last quarter of the epochs."
    )
    return Finding(
        "still improving",
        "info",
        evidence,
        "The run ends before the network has learnt all that it can.",
        "Train for twice as many epochs.",
        {"epochs": min(2 * symptoms.config.epochs, largest("epochs"))},
    )


def converged(symptoms: Symptoms) -> Finding | None:
    if not symptoms.is_finished:
        return None
    valid = symptoms.valid_accuracy
    score, of = (symptoms.train_accuracy, "training") if valid is None else (valid, "validation")
    if math.isnan(score):
        return None
    return Finding(
        "converged",
        "good",
        f"The loss hardly falls any more, and {of} accuracy is {percent(score)}.",
        "The learning rate fits the network, and the run is long enough.",
        "Look at the pictures that it still gets wrong, on the page Evaluate.",
        {},
    )
