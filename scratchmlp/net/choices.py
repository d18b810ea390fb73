"""The tables of choices: optimisers, activations, initialisations, losses, schedules and more.

A row gives the name of a choice, the function that does it, one sentence of help, and all else
that the program must know of it. The configuration checks itself by these tables. Controls, links,
the command line, the Code view, exported scripts and tests read them too, so a new choice is its
function and one row. PyTorch is not imported here: to list runs or to draw a control is fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A row of a table.

    Attributes
    ----------
    help : one sentence for somebody who has to choose.
    function : its name in the module that implements the table; empty where there is none.
    settings : the fields that have an effect with this choice, and with no choice that does not
        name them.
    """

    help: str
    function: str = ""
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OptimizerChoice(Choice):
    """An optimiser.

    Attributes
    ----------
    finder_lag : the learning-rate finder divides the rate at which the loss blows up by this
        number. Each rate of its ramp has one step to do harm: a plain step does it at once, a
        velocity builds up first, and a division by past gradients hides it longer still.
        Measured: docs/experiments.md, "the learning-rate finder".
    """

    finder_lag: float


@dataclass(frozen=True, kw_only=True)
class AugmentationChoice(Choice):
    """An augmentation.

    Attributes
    ----------
    seconds : that it takes for a picture on one thread, roughly: forecasts of the time of a run
        scale it by runs that were measured.
    """

    seconds: float


@dataclass(frozen=True, kw_only=True)
class ActivationChoice(Choice):
    """An activation.

    Attributes
    ----------
    init : the initialisation that suits it.
    saturates : whether it is flat far from 0 on both sides.
    dies : whether a unit can be stuck at 0 with a slope of 0 for every picture.
    """

    init: str = "he"
    saturates: bool = False
    dies: bool = False


# Implemented in `activations`.
ACTIVATIONS = {
    "relu": ActivationChoice(
        function="RELU", dies=True, help="Keeps what is above 0: fast, and the usual choice."
    ),
    "leaky-relu": ActivationChoice(
        function="LEAKY_RELU", help="Like ReLU, with a small slope below 0: no unit can die."
    ),
    "elu": ActivationChoice(function="ELU", help="Like ReLU, but it bends smoothly to -1 below 0."),
    "gelu": ActivationChoice(
        function="GELU", help="A smooth ReLU, the usual choice in transformers."
    ),
    "tanh": ActivationChoice(
        function="TANH", init="xavier", saturates=True, help="An S-shaped curve from -1 to 1."
    ),
    "sigmoid": ActivationChoice(
        function="SIGMOID",
        init="xavier",
        saturates=True,
        help="An S-shaped curve from 0 to 1, whose small slopes make deep networks slow.",
    ),
    "identity": ActivationChoice(
        function="IDENTITY",
        init="xavier",
        help="No activation: the whole network is then one linear classifier.",
    ),
}
# Implemented in `model`.
INITS = {
    "he": Choice(function="he", help="Random, and scaled for ReLU (He and others, 2015)."),
    "xavier": Choice(
        function="xavier", help="Random, and scaled for tanh and sigmoid (Glorot & Bengio 2010)."
    ),
    "normal": Choice(
        function="normal",
        settings=("init_std",),
        help="Random with a standard deviation of your choice; the post uses 1.",
    ),
    "zeros": Choice(
        function="zeros", help="All zero, which breaks: the units of a layer all stay the same."
    ),
}
# Implemented in `loss`.
LOSSES = {
    "log-softmax": Choice(
        function="log_softmax", help="Takes the logarithm of the softmax in one safe formula."
    ),
    "plain-softmax": Choice(
        function="plain_log_softmax",
        help="Takes softmax, then its logarithm, which breaks: large logits make the loss NaN.",
    ),
}
# Implemented in `optimizers`.
OPTIMIZERS = {
    "sgd": OptimizerChoice(
        function="sgd",
        finder_lag=1.0,
        help="Each weight takes a step against its gradient, as in the post.",
    ),
    "momentum": OptimizerChoice(
        function="momentum",
        settings=("momentum",),
        finder_lag=4.0,
        help="SGD that keeps part of its last step, like a heavy ball (Polyak 1964).",
    ),
    "nesterov": OptimizerChoice(
        function="nesterov",
        settings=("momentum",),
        finder_lag=3.0,
        help="Momentum that looks one step ahead (Nesterov 1983).",
    ),
    "rmsprop": OptimizerChoice(
        function="rmsprop",
        settings=("beta2",),
        finder_lag=1.0,
        help="SGD with a step size of its own for each weight (Hinton 2012).",
    ),
    "adam": OptimizerChoice(
        function="adam",
        settings=("momentum", "beta2"),
        finder_lag=10.0,
        help="Momentum, with a step size of its own for each weight (Kingma & Ba 2015).",
    ),
}
# Implemented in `schedules`.
SCHEDULES = {
    "constant": Choice(function="constant", help="The learning rate stays the same."),
    "one-cycle": Choice(
        function="one_cycle",
        help="The learning rate rises for the first quarter, then falls to almost 0.",
    ),
}
# Implemented in `augment`.
AUGMENTATIONS = {
    "none": AugmentationChoice(
        function="unchanged", help="Every epoch shows the same pictures.", seconds=0.0
    ),
    "affine": AugmentationChoice(
        function="affine",
        seconds=9e-6,
        settings=("augment_strength",),
        help="Each picture is rotated, scaled, sheared and shifted a little.",
    ),
    "elastic": AugmentationChoice(
        function="elastic",
        seconds=2.4e-5,
        settings=("augment_strength",),
        help="Affine, and each picture is distorted a little too.",
    ),
}
# Implemented in `backward`.
BACKWARDS = {
    "autograd": Choice(function="autograd", help="PyTorch computes the gradients."),
    "by-hand": Choice(
        function="by_hand", help="Our own code computes the gradients, by the chain rule."
    ),
}
DEVICES = {
    "cpu": Choice(help="The processor."),
    "cuda": Choice(help="An NVIDIA graphics card."),
    "mps": Choice(help="The graphics part of an Apple chip."),
}
PRECISIONS = {
    "highest": Choice(help="Matrix products in full float32."),
    "high": Choice(help="TensorFloat32 where the machine has it."),
    "medium": Choice(help="bfloat16 where the machine has it: fastest, least exact."),
}

Table = Mapping[str, Choice]

# The field of the configuration that chooses from each table.
TABLES: dict[str, Table] = {
    "activation": ACTIVATIONS,
    "init": INITS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "augment": AUGMENTATIONS,
    "backward": BACKWARDS,
    "device": DEVICES,
    "precision": PRECISIONS,
}


def implemented(table: Table, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The function of each row, taken from the module whose `globals()` are `namespace`.

    Raises
    ------
    KeyError
        The module has no function of a name that a row gives.
    """
    return {name: namespace[choice.function] for name, choice in table.items()}


def has_effect(field: str, chosen: Mapping[str, str]) -> bool:
    """Whether a field has an effect beside these choices: Adam's beta 2 has none on SGD.

    Parameters
    ----------
    chosen : the name that each field of `TABLES` has.
    """
    for chooser, table in TABLES.items():
        if any(field in choice.settings for choice in table.values()):
            return field in table[chosen[chooser]].settings
    return True
