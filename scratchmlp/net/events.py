"""What `fit` yields, what it may be told, and what it needs to go on: all of it plain data."""

from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from scratchmlp.net.model import Params
from scratchmlp.net.optimizers import OptState

Command = Literal["stop", "pause"] | float | None
"""What `control` may answer: stop, pause (it is then asked again), a new learning rate, nothing."""


@dataclass(frozen=True)
class Tally:
    """Sums over the part of the running epoch that is done."""

    loss: float = 0.0
    correct: int = 0
    seen: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class State:
    """Everything needed to go on exactly where a run stood, and nothing shared with it."""

    params: Params
    optimizer: OptState
    generator: Tensor  # uint8, as torch.Generator.get_state gives it
    mean: float
    std: float
    lr: float
    step: int = 0
    epoch: int = 0  # epochs completed
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Step:
    step: int
    loss: float
    lr: float


@dataclass(frozen=True)
class Epoch:
    """An epoch is done. Validation figures are None where nothing is kept to validate."""

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None
    seconds: float
    statistics: dict[str, Any]  # see `measure.statistics`
    state: State


@dataclass(frozen=True)
class Finished:
    state: State


@dataclass(frozen=True)
class Stopped:
    state: State


@dataclass(frozen=True)
class Diverged:
    """The loss of `step`, or a weight after it, is infinite or not a number.

    `state` is what there was when that was seen: nothing to go on from.
    """

    step: int
    cause: str
    state: State


Event = Step | Epoch | Finished | Stopped | Diverged
