"""The records of the store: a run, a command to it, a checkpoint, and an update of a run."""

import functools
import json
import math
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, tzinfo
from typing import Any, Literal, NamedTuple, get_args

from scratchmlp.data.types import is_text
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.database import LOST_AFTER
from scratchmlp.runs.tables import new_id

Status = Literal["queued", "running", "paused", "finished", "stopped", "diverged", "failed", "lost"]
"""A run's status. The database never holds "lost": see `Run`."""

CommandKind = Literal["pause", "resume", "epoch", "stop", "lr"]
"""What a run can be told: "epoch" trains to the end of the epoch, "lr" sets the learning rate."""

LIVE: tuple[Status, ...] = ("running", "paused")
LATEST_TIME = 2.0**33  # seconds since 1970: the year 2242
ENDED: tuple[Status, ...] = ("finished", "stopped", "diverged", "failed")

NAMED_DIFFERENCES = 3  # from the recipe, in the title of a run
_FIRST = "The first net"  # older versions gave the first run this name


class MissingRunError(UserError):
    """There is no run of that id, or it was deleted. The database could be read."""


def config_of(values: Any) -> TrainConfig:
    """The settings in a row. The same rows are read at each look at a page, and parsed once.

    Raises
    ------
    UserError, ValueError, TypeError, AttributeError
        The row is damaged.
    """
    try:
        return _parsed(json.dumps(values))
    except RecursionError as error:
        raise ValueError("the settings are nested too deeply") from error


@functools.lru_cache(maxsize=1_000)
def _parsed(text: str) -> TrainConfig:
    return TrainConfig.from_mapping(json.loads(text))


@dataclass(frozen=True)
class Run:
    """A run in the store. Its status is "lost" if it runs and its heartbeat has stopped.

    A paused run keeps its status when its worker dies, because it goes on when it is resumed. A
    run that a terminal trains (`tries` is None) is lost in both cases: nobody else takes it.
    """

    id: str
    owner: str
    shared: bool
    name: str
    status: Status
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
    tries: int | None = None
    worker: str | None = None
    pinned: float | None = None
    max_seconds: float | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Run":
        """The run in a row of the table `runs`.

        Raises
        ------
        UserError, ValueError, TypeError
            The row is damaged.
        """
        if row["status"] not in get_args(Status):
            raise ValueError(f"status is {row['status']}")
        if not isinstance(row["config"], dict):
            raise ValueError("config is no JSON object")
        for name in ("created", "started", "ended", "heartbeat", "deleted", "pinned"):
            if not 0 <= (row[name] or 0) < LATEST_TIME:
                raise ValueError(f"{name} is {row[name]}")
        needs_process = row["status"] == "running" or (
            row["status"] == "paused" and row["tries"] is None
        )
        status = "lost" if needs_process and _is_silent(row["heartbeat"]) else row["status"]
        config = config_of(row["config"])
        return cls(**dict(row) | {"config": config, "status": status})

    @property
    def title(self) -> str:
        """The name that somebody gave the run, or else its recipe and what differs from it."""
        own = "" if self.name == _FIRST else self.name
        return own or presets.in_words(self.config, most=NAMED_DIFFERENCES)

    @property
    def is_planned(self) -> bool:
        """Whether nobody has created it: see `planned`."""
        return not self.created

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def is_under_way(self) -> bool:
        """Whether the run trains, is paused, or waits in the queue."""
        return self.is_live or self.status == "queued"

    @property
    def can_resume(self) -> bool:
        return self.status in ("stopped", "failed", "lost") and not self.time_is_up

    @property
    def time_is_up(self) -> bool:
        """Whether it has had all the seconds of training that a run has on this server."""
        return self.max_seconds is not None and (self.train_seconds or 0.0) >= self.max_seconds

    @property
    def is_silent(self) -> bool:
        """Whether its heartbeat has stopped, or was never there."""
        return _is_silent(self.heartbeat)


def _is_silent(heartbeat: float | None) -> bool:
    return time.time() - (heartbeat or 0) > LOST_AFTER


def titles(runs: Collection[Run], zone: tzinfo | None = None) -> dict[str, str]:
    """The title of each run by its id, and no title twice.

    Where titles are equal, the time at which the run was created is added, or else its id.

    Parameters
    ----------
    zone : of the times; None for the one of this machine.
    """
    found = {run.id: run.title for run in runs}
    for form in ("%b %H:%M", "%b %H:%M:%S", ""):
        counts = Counter(found.values())
        for run in runs:
            if counts[found[run.id]] > 1:
                created = datetime.fromtimestamp(run.created, zone)
                mark = f"{created.day} {created.strftime(form)}" if form else run.id
                found[run.id] = f"{run.title} · {mark}"
    return found


@dataclass(frozen=True)
class Command:
    """A command that was sent to a run. `value` is the learning rate of the kind "lr"."""

    id: int
    kind: CommandKind
    value: float | None


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint to store: a network's file and the training state, see `checkpoint_file`."""

    step: int
    epoch: int
    network: bytes
    training_state: bytes
    best: bool  # of all epochs so far


class CheckpointPosition(NamedTuple):
    """How many steps and epochs a run had done at a checkpoint."""

    step: int
    epoch: int


class ResumePoint(NamedTuple):
    """The two files that a run resumes from."""

    network: bytes
    training_state: bytes


@dataclass
class Update:
    """What happened in a run since the last update."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    applied: list[tuple[int, int]] = field(default_factory=list)  # (id of the command, step)
    changes: dict[str, Any] = field(default_factory=dict)  # new values of the run's columns

    def __bool__(self) -> bool:
        return any(vars(self).values())


def new_row(config: TrainConfig, name: str, status: Status, owner: str) -> dict[str, Any]:
    """The row of a run that is created now."""
    now = time.time()
    return {
        "id": new_id(),
        "owner": owner,
        "shared": False,
        "name": clean(name),
        "status": status,
        "config": config.asdict(),
        "dataset": config.dataset,
        "created": now,
        "started": now if status == "running" else None,
        "heartbeat": now,
    }


def planned(config: TrainConfig) -> Run:
    """A run that waits in no queue and is in no database: what to show before there is one."""
    row: dict[str, Any] = {one.name: None for one in fields(Run) if one.default is MISSING}
    row |= new_row(config, "", "queued", "")
    return Run(**row | {"id": f"planned: {config}", "config": config, "created": 0.0, "note": ""})


def clean(text: str) -> str:
    """A name or a note without the characters that cannot be stored or shown."""
    return "".join(c for c in text if c in "\n\t" or is_text(c)).strip()


def one_line(text: str) -> str:
    """The same for a text of one line: white space becomes a single space."""
    return " ".join(clean(text).split())


def demand_length(what: str, text: str, most: int) -> None:
    """Refuse a name, a note or another text that is too long."""
    if len(text) > most:
        raise UserError(f"A {what} has at most {most:,} characters: yours has {len(text):,}.")


def nan_to_none(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with None for NaN and infinity at any depth: databases and JSON have neither."""
    return {name: _nan_to_none(value) for name, value in row.items()}


def _nan_to_none(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return nan_to_none(value)
    return [_nan_to_none(part) for part in value] if isinstance(value, list) else value
