"""Everything that decides a run, in one place that checks itself.

The label, help, range and choices of a field are read by the controls, the command line and links.
PyTorch is not imported here: to list runs or to draw a control is fast.
"""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scratchmlp.data import sources
from scratchmlp.errors import UserError
from scratchmlp.net import choices
from scratchmlp.net.expectations import EXPECTATIONS

MAX_LAYERS = 6
MAX_WIDTH = 4096
MAX_WEIGHTS = 50_000_000  # with Adam's state three times as many numbers: 0.6 GB a checkpoint


def _field(default: Any, label: str, help: str, **metadata: Any) -> Any:
    metadata |= {"label": label, "help": help}
    return dataclasses.field(default=default, metadata=metadata)


def _choice(default: str, label: str, table: choices.Table, help: str) -> Any:
    return _field(default, label, help, choices=tuple(table))


def _number(default: float, label: str, low: float, high: float, help: str) -> Any:
    return _field(default, label, help, range=(low, high))


@dataclass(frozen=True)
class TrainConfig:
    """A run's configuration; the defaults are the preset `modern`.

    Raises
    ------
    UserError
        A field is out of range: the sentence names the field, the value and what is allowed.
    """

    dataset: str = _field(sources.DEFAULT, "Dataset", sources.HELP)
    hidden: tuple[int, ...] = _field(
        (128,), "Hidden layers", "Units of each hidden layer, such as 128 or 256,64."
    )
    activation: str = _choice(
        "relu", "Activation", choices.ACTIVATIONS, "The output of a hidden unit for its sum."
    )
    init: str = _choice(
        "he", "Initialisation", choices.INITS, "How the weights are drawn before the first step."
    )
    init_std: float = _number(
        1.0, "Std of initial weights", 0.0, 10.0, "Their standard deviation before the first step."
    )
    standardise: bool = _field(
        True, "Standardise pixels", "Shift and scale the pixels to mean 0 and standard deviation 1."
    )
    loss: str = _choice("log-softmax", "Loss", choices.LOSSES, "How the cross-entropy is computed.")
    optimizer: str = _choice(
        "adam", "Optimiser", choices.OPTIMIZERS, "How the gradients move the weights."
    )
    lr: float = _number(
        0.012, "Learning rate", 1e-6, 100.0, "Size of a step: the largest one of the schedule."
    )
    momentum: float = _number(
        0.8, "Momentum", 0.0, 0.999, "Share of the last step that is kept (beta 1 of Adam)."
    )
    beta2: float = _number(
        0.999, "Beta 2", 0.5, 0.99999, "How long past squared gradients are remembered."
    )
    weight_decay: float = _number(
        0.1, "Weight decay", 0.0, 1.0, "How strongly the weights are pulled to zero."
    )
    schedule: str = _choice(
        "one-cycle", "Schedule", choices.SCHEDULES, "How the learning rate changes over the run."
    )
    augment: str = _choice(
        "none",
        "Augmentation",
        choices.AUGMENTATIONS,
        "How training pictures are rotated, shifted and distorted at random.",
    )
    augment_strength: float = _number(
        1.0,
        "Augmentation strength",
        0.0,
        3.0,
        "The changes of the pictures are so many times as large as usual.",
    )
    batch_size: int = _number(256, "Batch size", 1, 8192, "Pictures in one step.")
    epochs: int = _number(6, "Epochs", 1, 1000, "How often the run sees every training picture.")
    train_size: int = _number(
        0,
        "Training pictures",
        0,
        1_000_000,
        "How many pictures the run trains on; all (0) means all that are not for validation.",
    )
    skip_damaged: bool = _field(
        False,
        "Leave out damaged pictures",
        "Train without the pictures of a folder that cannot be read, at most 1% of them.",
    )
    valid_pct: float = _number(
        0.2, "Validation share", 0.0, 0.9, "Share of the training pictures used to validate."
    )
    split_seed: int = _number(
        42, "Split seed", 0, 2**32 - 1, "Decides which pictures are used to validate."
    )
    seed: int = _number(
        0, "Seed", 0, 2**32 - 1, "Decides every random number: same seed, same curve."
    )
    backward: str = _choice(
        "autograd", "Gradients", choices.BACKWARDS, "How the gradients are computed."
    )
    device: str = _choice("cpu", "Device", choices.DEVICES, "Where the run computes.")
    precision: str = _choice(
        "medium", "Precision", choices.PRECISIONS, "How exact matrix products are."
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(field, getattr(self, field.name)))

    def asdict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_mapping` is the inverse."""
        return dataclasses.asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def from_mapping(
        cls, values: Mapping[str, Any], base: "TrainConfig | None" = None
    ) -> "TrainConfig":
        """`base` (or the default) with these values, which may be text.

        Raises
        ------
        UserError
            A name is not a field, or a value is not of its field's type or is out of range.
        """
        for name in values:
            if name not in FIELDS:
                raise UserError(f"{name} is not a setting; the settings are {', '.join(FIELDS)}.")
        parsed = {name: parse(name, value) for name, value in values.items()}
        return dataclasses.replace(base or cls(), **parsed)


FIELDS = {field.name: field for field in dataclasses.fields(TrainConfig)}
LABELS = {name: str(field.metadata["label"]) for name, field in FIELDS.items()}


def matters(name: str, config: TrainConfig) -> bool:
    """Whether the field has any effect beside the others: Adam's beta 2 has none on SGD."""
    if name == "skip_damaged":
        return not sources.is_named(config.dataset)
    return choices.has_effect(name, {field: getattr(config, field) for field in choices.TABLES})


def setting(name: str, config: TrainConfig) -> str:
    """The value of a field as a reader sees it; a dash for a field that has no effect."""
    return in_words(name, getattr(config, name)) if matters(name, config) else "–"


def in_words(name: str, value: Any) -> str:
    """A value of a field as people write it."""
    if name == "hidden":
        return " + ".join(map(str, value)) or "none"
    if name == "train_size":
        return f"{value:,}" if value else "all"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else unparse(value)


def explain(name: str) -> str:
    """What the field does, what to expect of other values, and a line for each choice: Markdown."""
    table = sources.SOURCES if name == "dataset" else choices.TABLES.get(name, {})
    lines = [f"- {choice}: {row.help}" for choice, row in table.items()]
    return "\n".join([FIELDS[name].metadata["help"], "", EXPECTATIONS[name], "", *lines]).strip()


def differing(*configs: TrainConfig) -> list[str]:
    """The fields that are not the same in all of these."""
    return [name for name in FIELDS if len({getattr(config, name) for config in configs}) > 1]


def parse(name: str, value: Any) -> Any:
    """A field's value from text: `parse("hidden", "128,64") == (128, 64)`."""
    if not isinstance(value, str):
        return value
    kind, text = FIELDS[name].type, value.strip()
    try:
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if name == "hidden":
            return tuple(int(part) for part in text.split(",")) if text else ()
        return kind(text)  # type: ignore[operator]
    except (KeyError, ValueError):
        raise _refusal(name, value) from None


def unparse(value: Any) -> str:
    """A field's value as text that `parse` reads: `unparse((128, 64)) == "128,64"`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


def allowed(name: str) -> str:
    """The values that a field may have, in words."""
    metadata = FIELDS[name].metadata
    if "choices" in metadata:
        return "one of " + ", ".join(metadata["choices"])
    if "range" in metadata:
        low, high = metadata["range"]
        kind = "a whole number" if FIELDS[name].type is int else "a number"
        return f"{kind} from {_plain(low)} to {_plain(high)}"
    if name == "hidden":
        return (
            f"at most {MAX_LAYERS} whole numbers from 1 to {MAX_WIDTH:,}, with commas between, "
            f"and at most {MAX_WEIGHTS:,} weights in all"
        )
    return "true or false" if FIELDS[name].type is bool else "a name or the path of a folder"


def count_weights(hidden: Sequence[int], classes: int = 0) -> int:
    """The number of weights up to the last hidden layer, and to the outputs for `classes`."""
    return sum(a * b for a, b in itertools.pairwise((28 * 28, *hidden, classes)))


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.10f}".rstrip("0").rstrip(".")


def _refusal(name: str, value: Any) -> UserError:
    shown = unparse(value)
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    return UserError(f"{name} cannot be {shown or 'empty'}: it must be {allowed(name)}.")


def _checked(field: dataclasses.Field, value: Any) -> Any:
    if field.type is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if field.name == "hidden" and isinstance(value, (list, tuple)):
        value = tuple(value)
        good = len(value) <= MAX_LAYERS and all(
            type(width) is int and 1 <= width <= MAX_WIDTH for width in value
        )
        good = good and count_weights(value) <= MAX_WEIGHTS
    elif type(value) is not field.type:
        good = False
    elif "choices" in field.metadata:
        good = value in field.metadata["choices"]
    elif "range" in field.metadata:
        low, high = field.metadata["range"]
        good = math.isfinite(value) and low <= value <= high
    else:
        good = value != ""
    if not good:
        raise _refusal(field.name, value)
    return value
