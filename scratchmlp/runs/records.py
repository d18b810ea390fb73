"""What the store hands out and takes in: a run, a command, a checkpoint, a recorder's news."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.database import LOST_AFTER, new_id

LIVE = ("running", "paused")
ENDED = ("finished", "stopped", "diverged", "failed")


@dataclass(frozen=True)
class Run:
    """A run as the store knows it. `status` says "lost" of a live run whose heart stopped."""

    id: str
    owner: str
    shared: bool
    name: str
    status: str
    config: TrainConfig
    dataset: str
    total_steps: int | None
    created: float
    started: float | None
    ended: float | None
    heartbeat: float | None
    error: str | None
    best_epoch: int | None
    test_accuracy: float | None
    test_loss: float | None
    train_seconds: float | None
    note: str
    parent: str | None
    deleted: float | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Run":
        """The run in a row of the database."""
        silent = time.time() - (row["heartbeat"] or 0) > LOST_AFTER
        status = "lost" if row["status"] in LIVE and silent else row["status"]
        config = TrainConfig.from_mapping(row["config"])
        return cls(**dict(row) | {"config": config, "status": status})

    @property
    def title(self) -> str:
        """What it is called: its own name, or the recipe it follows."""
        return self.name or presets.name_of(self.config) or "Custom settings"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def is_under_way(self) -> bool:
        """Whether it trains, is paused, or waits to."""
        return self.is_live or self.status == "queued"

    @property
    def can_resume(self) -> bool:
        return self.status in ("stopped", "failed", "lost")


@dataclass(frozen=True)
class Command:
    id: int
    kind: str  # pause, resume, epoch, stop, lr
    value: float | None


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint to keep: its network's bytes, and those that resuming needs besides."""

    step: int
    epoch: int
    network: bytes
    progress: bytes
    best: bool


@dataclass
class Update:
    """What a recorder has to tell since it last did."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    kept: list[Checkpoint] = field(default_factory=list)
    applied: list[tuple[int, int]] = field(default_factory=list)  # (command, step)
    changes: dict[str, Any] = field(default_factory=dict)  # columns of the run

    def __bool__(self) -> bool:
        return bool(self.steps or self.epochs or self.kept or self.applied or self.changes)


def new_run(config: TrainConfig, name: str, status: str) -> dict[str, Any]:
    """The row of a run that is entered now."""
    now = time.time()
    return {
        "id": new_id(),
        "owner": "local",
        "shared": False,
        "name": name,
        "status": status,
        "config": config.asdict(),
        "dataset": config.dataset,
        "created": now,
        "started": now if status == "running" else None,
        "heartbeat": now,
    }


def finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as databases and JSON keep it, which have no NaN and no infinity at any depth."""
    return {name: _finite(value) for name, value in row.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return finite(value)
    return [_finite(part) for part in value] if isinstance(value, list) else value
