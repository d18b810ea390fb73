"""Rules of a diagnosis about the layers: equal, dead and saturated units, faded gradients."""

from scratchmlp.analysis.findings import LEARNT, Finding, activation, lower_rate, smaller_batches
from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.figures import percent

MIN_DEAD = 0.5  # share of a layer's units
MIN_SATURATED = 0.6  # share of a layer's outputs
MIN_IDENTICAL = 0.9  # share of a layer's units
SCALED = ("he", "xavier")  # initial weights that keep the weighted sums near 1
MAX_FADED = 0.02  # gradient of a layer / gradient of the last layer


def symmetric_initialisation(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.largest_share("twins")
    if share < MIN_IDENTICAL:
        return None
    return Finding(
        "symmetric initialisation",
        "error",
        f"{percent(share, 0)} of the units in hidden layer {layer} have the same weights as "
        "another unit.",
        "Units that start with equal weights get equal gradients and stay equal. Together they do "
        "no more than a single unit.",
        "Start from random weights.",
        {"init": activation(symptoms).init},
    )


def dead_units(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.largest_share("dead")
    if share < MIN_DEAD or not activation(symptoms).dies:
        return None
    batches = smaller_batches(symptoms)
    return Finding(
        "dead units",
        "error" if share > 0.9 else "warning",
        f"{percent(share, 0)} of the units in hidden layer {layer} output 0 for every picture "
        "tested.",
        "A ReLU that is always 0 gets no gradient and cannot recover. The steps are too long.",
        "Train with leaky ReLUs and a lower learning rate"
        f"{', and with smaller batches' if batches else ''}.",
        {"activation": "leaky-relu"} | batches | lower_rate(symptoms.config, 3),
    )


def saturated_units(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.largest_share("flat")
    if share < MIN_SATURATED or not activation(symptoms).saturates:
        return None
    learns = not symptoms.is_finished or symptoms.train_accuracy >= LEARNT
    if symptoms.config.init in SCALED and learns:
        return None  # a lower rate is no better
    smaller = (
        "Start from smaller weights, so that the weighted sums stay near 1.",
        {"init": "xavier"},
    )
    slower = ("Train with a lower learning rate.", lower_rate(symptoms.config, 3))
    return Finding(
        "saturated units",
        "warning",
        f"{percent(share, 0)} of the outputs of hidden layer {layer} are where "
        f"{symptoms.config.activation} is flat.",
        "The weighted sums are far from 0, so hardly any gradient flows back.",
        *(slower if symptoms.config.init == "xavier" else smaller),
    )


def vanishing_gradients(symptoms: Symptoms) -> Finding | None:
    layer, share = symptoms.weakest_gradient
    if not symptoms.can_be_judged or share >= MAX_FADED or not symptoms.train_accuracy < LEARNT:
        return None
    config = symptoms.config
    rectified = (
        "Train with ReLUs and the initial weights for them.",
        {"activation": "relu", "init": "he"},
    )
    shallower = ("Train with fewer hidden layers.", {"hidden": config.hidden[:1]})
    return Finding(
        "vanishing gradients",
        "warning",
        f"The gradient of layer {layer} is {1 / max(share, 1e-9):,.0f} times smaller than that of "
        "the last layer.",
        "Each layer multiplies the gradient by the slope of its activation. The slope of "
        f"{config.activation} is small, so little reaches the first layers.",
        *(shallower if (config.activation, config.init) == ("relu", "he") else rectified),
    )
