"""Everything that decides a run, in one place that checks itself.

A field's `help`, `range` and `choices` feed the command line, the page's controls, links and the
docs alike. No torch here: listing runs or drawing a control should not wait for it.
"""

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scratchmlp.data import sources
from scratchmlp.errors import UserError

ACTIVATIONS = ("relu", "leaky-relu", "tanh", "sigmoid", "identity")
INITS = ("he", "xavier", "normal", "zeros")
LOSSES = ("log-softmax", "plain-softmax")
OPTIMIZERS = ("sgd", "momentum", "adam")
SCHEDULES = ("constant", "one-cycle")
AUGMENTATIONS = ("none", "affine", "elastic")
BACKWARDS = ("autograd", "by-hand")
DEVICES = ("cpu", "cuda", "mps")
PRECISIONS = ("highest", "high", "medium")

MAX_LAYERS = 6
MAX_WIDTH = 4096
MAX_WEIGHTS = 50_000_000  # with Adam's memory three times as many numbers: 0.6 GB a checkpoint


def _one_of(default: str, choices: tuple[str, ...], help: str) -> Any:
    return dataclasses.field(default=default, metadata={"help": help, "choices": choices})


def _within(default: float, low: float, high: float, help: str) -> Any:
    return dataclasses.field(default=default, metadata={"help": help, "range": (low, high)})


@dataclass(frozen=True)
class TrainConfig:
    """A run's configuration; the defaults are the preset `modern`.

    Raises
    ------
    UserError
        A field is out of range: the sentence names the field, the value and what is allowed.
    """

    dataset: str = dataclasses.field(default=sources.DEFAULT, metadata={"help": sources.HELP})
    hidden: tuple[int, ...] = dataclasses.field(
        default=(128,), metadata={"help": "Units of each hidden layer, as in 128 or 256,64."}
    )
    activation: str = _one_of("relu", ACTIVATIONS, "What a hidden unit makes of its weighted sum.")
    init: str = _one_of("he", INITS, "How the weights are drawn before the first step.")
    init_std: float = _within(1.0, 0.0, 10.0, "Standard deviation of the weights of init=normal.")
    standardise: bool = dataclasses.field(
        default=True, metadata={"help": "Shift and scale pixels to mean 0 and deviation 1."}
    )
    loss: str = _one_of("log-softmax", LOSSES, "How the cross-entropy is computed.")
    optimizer: str = _one_of("adam", OPTIMIZERS, "How a step follows from the gradients.")
    lr: float = _within(0.006, 1e-6, 100.0, "Length of a step: the largest one of its schedule.")
    momentum: float = _within(0.9, 0.0, 0.999, "Share of the last step kept (Adam's beta 1).")
    beta2: float = _within(0.999, 0.5, 0.99999, "Memory of Adam's squared gradients.")
    weight_decay: float = _within(0.1, 0.0, 1.0, "How strongly weights are pulled to zero.")
    schedule: str = _one_of("one-cycle", SCHEDULES, "How the learning rate moves over the run.")
    augment: str = _one_of(
        "none", AUGMENTATIONS, "How training pictures are turned, moved and bent."
    )
    batch_size: int = _within(128, 1, 8192, "Pictures that one step learns from.")
    epochs: int = _within(6, 1, 1000, "Times the run goes through all training pictures.")
    valid_pct: float = _within(0.2, 0.0, 0.9, "Share of the training pictures kept to validate.")
    split_seed: int = _within(42, 0, 2**32 - 1, "Which pictures are kept to validate.")
    seed: int = _within(0, 0, 2**32 - 1, "Decides every random choice: same seed, same curve.")
    backward: str = _one_of(
        "autograd", BACKWARDS, "Who computes the gradients: PyTorch, or us by hand."
    )
    device: str = _one_of("cpu", DEVICES, "Where the run computes.")
    precision: str = _one_of("highest", PRECISIONS, "Of matrix products; medium is bfloat16.")

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(field, getattr(self, field.name)))

    def asdict(self) -> dict[str, Any]:
        """Plain values, as JSON keeps them; `from_mapping` takes them back."""
        return dataclasses.asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def from_mapping(
        cls, values: Mapping[str, Any], base: "TrainConfig | None" = None
    ) -> "TrainConfig":
        """`base` (or the default) with `values`, which may be text, laid over it.

        Raises
        ------
        UserError
            A name is no field, or a value does not read as its field's type or is out of range.
        """
        for name in values:
            if name not in FIELDS:
                raise UserError(f"{name} is not a setting; the settings are {', '.join(FIELDS)}.")
        parsed = {name: parse(name, value) for name, value in values.items()}
        return dataclasses.replace(base or cls(), **parsed)


FIELDS = {field.name: field for field in dataclasses.fields(TrainConfig)}
LABELS = {
    "dataset": "Pictures",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "init": "Initial weights",
    "init_std": "Their deviation",
    "standardise": "Standardise pixels",
    "loss": "Loss",
    "optimizer": "Optimizer",
    "lr": "Learning rate",
    "momentum": "Momentum",
    "beta2": "Beta 2",
    "weight_decay": "Weight decay",
    "schedule": "Schedule",
    "augment": "Warps",
    "batch_size": "Batch size",
    "epochs": "Epochs",
    "valid_pct": "Kept to validate",
    "split_seed": "Seed of the split",
    "seed": "Seed",
    "backward": "Gradients",
    "device": "Device",
    "precision": "Precision",
}
ONLY = {  # fields that have an effect only where another has one of these values
    "init_std": ("init", ("normal",)),
    "momentum": ("optimizer", ("momentum", "adam")),
    "beta2": ("optimizer", ("adam",)),
}


def matters(name: str, config: TrainConfig) -> bool:
    """Whether the field has any effect beside the others, as Adam's beta 2 has none on SGD."""
    other, values = ONLY.get(name, (name, None))
    return values is None or getattr(config, other) in values


def differing(*configs: TrainConfig) -> list[str]:
    """The fields in which not all of these are alike."""
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
    """In words, the values a field may have."""
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
        sizes = [28 * 28, *value]
        good = good and sum(a * b for a, b in itertools.pairwise(sizes)) <= MAX_WEIGHTS
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
