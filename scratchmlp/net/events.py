"""What `fit` yields, what `control` may answer, and the state to resume from: all plain data."""

from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from scratchmlp.net.model import Params
from scratchmlp.net.optimizers import OptState

Command = Literal["stop", "pause"] | float | None
"""Stop, pause (`fit` then asks again), a new learning rate, or nothing to do."""


@dataclass(frozen=True)
class Tally:
    """Sums over the batches of the current epoch that are done."""

    loss: float = 0.0
    correct: int = 0
    seen: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class State:
    """All that is needed to resume a run, bit for bit. It shares no memory with the run."""

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
    """An epoch is done. The validation figures are None if there are no validation samples."""

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None
    seconds: float
    statistics: dict[str, Any]  # see `statistics.layer_statistics`
    state: State


@dataclass(frozen=True)
class Finished:
    state: State


@dataclass(frozen=True)
class Stopped:
    state: State


@dataclass(frozen=True)
class Diverged:
    """The loss of `step`, or a weight after it, is infinite or NaN.

    `cause` is a sentence. Nothing can be resumed from `state`.
    """

    step: int
    cause: str
    state: State


Event = Step | Epoch | Finished | Stopped | Diverged
