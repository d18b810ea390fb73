"""What can be found out about a run: each rule takes `Symptoms` and gives a `Finding` or nothing.

The figures at which a rule speaks were chosen on recorded runs, healthy ones and broken ones
(docs/experiments.md). Nothing is said too early: of a run that still trains only what will not heal
by itself.
"""

from typing import Any, Literal, NamedTuple

from scratchmlp.analysis.symptoms import Symptoms
from scratchmlp.net.config import FIELDS, TrainConfig

Severity = Literal["error", "warning", "info", "good"]


class Finding(NamedTuple):
    """Something to know about a run.

    Attributes
    ----------
    name : which kind it is.
    seen, why, try_ : sentences: the numbers, where they come from, what to do about it.
    change : settings to change, by field of the configuration; empty where there is nothing to do.
    """

    name: str
    severity: Severity
    seen: str
    why: str
    try_: str
    change: dict[str, Any]


BLOWN_UP = 2.0  # times the loss of the first steps
CLIMBED = 1.25  # times the training loss of an earlier epoch
NOISE = 0.03  # of the first loss: a rise of less is no news
DEAD = 0.5  # of a layer's units
FLAT = 0.6  # of a layer's outputs
TWINS = 0.9  # of a layer's units
FADED = 0.02  # of the last layer's gradient
FEW_STEPS = 400
REACH = 0.5  # how far all steps together could have moved the weights, in lengths of the weights
RISEN = 1.25  # times the smallest validation loss
GAP = 0.05  # of accuracy, between training and validation
KNOWN = 0.9  # of the training pictures answered right: there is something to know by heart
LEARNT = 0.95  # of the training pictures answered right
FALLING = 0.1  # of the loss, over the last quarter of the epochs


def saturated_softmax(case: Symptoms) -> Finding | None:
    if case.status != "diverged" or case.config.loss != "plain-softmax":
        return None
    return Finding(
        "saturated softmax",
        "error",
        f"The loss was no finite number at step {case.steps_done + 1:,}.",
        "Softmax came first, then its logarithm: where a probability rounds to 0, its logarithm is "
        "minus infinity, and where a logit is above 88, e to its power is infinite.",
        "Compute the logarithm of the softmax in one piece, with the largest logit taken out.",
        {"loss": "log-softmax"},
    )


def diverged(case: Symptoms) -> Finding | None:
    if case.status != "diverged":
        return None
    return Finding(
        "diverged",
        "error",
        f"The loss was no finite number at step {case.steps_done + 1:,}{_way_there(case)}.",
        "Each step overshot further than the last: the learning rate is too high for this network.",
        "Train with a tenth of the learning rate.",
        _slower(case.config),
    )


def _way_there(case: Symptoms) -> str:
    if not case.steps_done:
        return ""
    return f", after it had gone from {case.first_loss:.3g} to {case.last_loss:.3g}"


def too_high(case: Symptoms) -> Finding | None:
    start, top = case.first_loss, case.peak_loss
    if not top >= BLOWN_UP * start:
        lowest, top = case.worst_rise
        if top < CLIMBED * lowest or top - lowest < NOISE * start:
            return None
        start = lowest
    return Finding(
        "learning rate too high",
        "error",
        f"The training loss rose from {start:.3g} to {top:.3g}.",
        "Steps that are too long jump over the valley they should go down into.",
        "Train with a tenth of the learning rate.",
        _slower(case.config),
    )


def symmetric(case: Symptoms) -> Finding | None:
    layer, share = case.worst("twins")
    if share < TWINS:
        return None
    return Finding(
        "symmetric initialisation",
        "error",
        f"{share:.0%} of the units of hidden layer {layer} have the same weights as another.",
        "Units that begin alike get the same gradient and stay alike for ever, so that the layer "
        "does no more than one unit could.",
        "Draw the weights at random.",
        {"init": "he" if "relu" in case.config.activation else "xavier"},
    )


def dead_units(case: Symptoms) -> Finding | None:
    layer, share = case.worst("dead")
    if share < DEAD or case.config.activation != "relu":
        return None
    return Finding(
        "dead units",
        "error" if share > 0.9 else "warning",
        f"{share:.0%} of the units of hidden layer {layer} answer 0 to every picture looked at.",
        "A ReLU that is never above 0 has no slope, gets no gradient and cannot come back. Steps "
        "that are too long push units there.",
        "Train with leaky ReLUs and a smaller learning rate.",
        {"activation": "leaky-relu"} | _slower(case.config, 3),
    )


def saturated_units(case: Symptoms) -> Finding | None:
    layer, share = case.worst("flat")
    if share < FLAT or case.config.activation not in ("sigmoid", "tanh"):
        return None
    return Finding(
        "saturated units",
        "warning",
        f"{share:.0%} of the outputs of hidden layer {layer} lie where {case.config.activation} is "
        "flat.",
        "Sums that are far from 0 meet no slope, so hardly any gradient flows back. Weights that "
        "are drawn too large do that.",
        "Draw the weights so that sums stay near 1.",
        {"init": "xavier"},
    )


def vanishing(case: Symptoms) -> Finding | None:
    layer, share = case.fading
    if not case.is_telling or share >= FADED or case.train_accuracy >= LEARNT:
        return None
    return Finding(
        "vanishing gradients",
        "warning",
        f"The gradient of layer {layer} is {1 / max(share, 1e-9):,.0f} times smaller than that of "
        "the last layer.",
        f"On its way back through each layer a gradient is multiplied by the slope of "
        f"{case.config.activation}; where that is small, little reaches the first layers.",
        "Train with ReLUs and the weights drawn for them.",
        {"activation": "relu", "init": "he"},
    )


def too_few_steps(case: Symptoms) -> Finding | None:
    if not case.is_finished or case.steps_done >= FEW_STEPS or case.train_accuracy >= LEARNT:
        return None
    return Finding(
        "too few steps",
        "warning",
        f"The whole run took {case.steps_done:,} steps.",
        "A network learns a little with each step; large batches and few epochs leave it few.",
        "Take smaller batches and train for more epochs.",
        {"batch_size": min(case.config.batch_size, 128), "epochs": max(case.config.epochs, 8)},
    )


def too_low(case: Symptoms) -> Finding | None:
    if not case.is_telling or case.train_accuracy >= LEARNT or case.steps_in_all < FEW_STEPS:
        return None
    if case.reach >= REACH:
        return None
    return Finding(
        "learning rate too low",
        "warning",
        f"All steps so far could move the weights by {case.reach:.1%} of their length at most, and "
        f"the training loss is still at {case.train_loss:.3g}.",
        "Short steps get there too late: the loss still falls, and would go on falling for long.",
        "Train with ten times the learning rate.",
        {"lr": _plain(min(10 * case.config.lr, _most("lr")))},
    )


def over_fitting(case: Symptoms) -> Finding | None:
    rise, gap, valid = case.valid_rise, case.gap, case.valid_accuracy
    if valid is None or not case.is_telling or case.train_accuracy < KNOWN:
        return None
    if rise < RISEN and gap < GAP:
        return None
    return Finding(
        "over-fitting",
        "warning",
        f"Training accuracy is {case.train_accuracy:.1%}, validation accuracy {valid:.1%}; the "
        f"validation loss is {rise:.2f} times its smallest.",
        "The network learns its training pictures by heart, and not what they have in common.",
        *_against_over_fitting(case.config),
    )


def _against_over_fitting(config: TrainConfig) -> tuple[str, dict[str, Any]]:
    if config.augment == "none":
        return "Train with warped pictures: it never sees the same one twice.", {
            "augment": "affine"
        }
    return "Train with more weight decay.", {
        "weight_decay": _plain(min(config.weight_decay + 0.1, 1.0))
    }


def under_fitting(case: Symptoms) -> Finding | None:
    if not case.is_finished or case.train_accuracy >= LEARNT:
        return None
    why, what, change = _what_holds_it_back(case.config)
    wrong = f"Even of its training pictures it answers {1 - case.train_accuracy:.1%} wrong."
    return Finding("under-fitting", "warning", wrong, why, what, change)


def _what_holds_it_back(config: TrainConfig) -> tuple[str, str, dict[str, Any]]:
    if config.weight_decay * config.lr > 0.005:
        return (
            "Weight decay pulls the weights to zero faster than the pictures can move them.",
            "Train with a hundredth of the weight decay.",
            {"weight_decay": _plain(config.weight_decay / 100)},
        )
    if min(config.hidden, default=0) < 32 or config.activation == "identity":
        return (
            "The network is too small to tell the classes apart.",
            "Give it a hidden layer of 128 ReLUs.",
            {"hidden": (128,), "activation": "relu", "init": "he"},
        )
    return (
        "It did not get far enough in the steps it had.",
        "Train for twice as many epochs.",
        {"epochs": min(2 * config.epochs, _most("epochs"))},
    )


def converged(case: Symptoms) -> Finding | None:
    if not case.is_finished or not (case.is_annealed or case.fall < FALLING):
        return None
    valid = case.valid_accuracy
    score, of = (case.train_accuracy, "training") if valid is None else (valid, "validation")
    return Finding(
        "converged",
        "good",
        f"The loss has settled, with {score:.2%} of the {of} pictures right.",
        "The learning rate fits the network, and it trained for long enough.",
        "Look at what it still gets wrong, on the page Evaluate.",
        {},
    )


def _slower(config: TrainConfig, times: float = 10) -> dict[str, Any]:
    calmer = {"momentum": 0.9} if config.momentum > 0.95 else {}
    return {"lr": _plain(max(config.lr / times, FIELDS["lr"].metadata["range"][0]))} | calmer


def _plain(rate: float) -> float:
    """Three digits: nobody types 0.0006000000000000001."""
    return float(f"{rate:.3g}")


def _most(name: str) -> Any:
    return FIELDS[name].metadata["range"][1]
