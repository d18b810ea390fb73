"""The run `hands`: the network that comes with the program, in no database and in every store.

It is there before anything is trained. Everybody may look at it and teach a copy of it; nobody
changes or deletes it. It is not among the runs that somebody trained.
"""

from typing import NamedTuple

from scratchmlp.errors import UserError
from scratchmlp.net import shipped
from scratchmlp.runs.records import CheckpointPosition, Run

HANDS = "hands"
OWNER = "scratchmlp"
NOTE = (
    "Comes with the program. It learned from MNIST, from scikit-learn's digits and from what 30 "
    "people wrote with a pen."
)


class StoredNetwork(NamedTuple):
    """A checkpoint, as the store's rows of checkpoints are."""

    step: int
    epoch: int
    network: bytes


def run() -> Run:
    """`hands` as a run."""
    figures = shipped.metadata()
    created = figures["created"]
    return Run(
        id=HANDS,
        owner=OWNER,
        shared=True,
        name=HANDS,
        status="finished",
        config=shipped.config(),
        dataset=shipped.config().dataset,
        total_steps=None,  # there are no curves
        created=created,
        started=created,
        ended=created,
        heartbeat=created,
        error=None,
        best_epoch=figures["epoch"],
        test_accuracy=figures["test_accuracy"],
        test_loss=figures["test_loss"],
        train_seconds=figures["train_seconds"],
        note=NOTE,
        parent=None,
        deleted=None,
    )


def position() -> CheckpointPosition:
    return CheckpointPosition(shipped.metadata()["step"], shipped.metadata()["epoch"])


def checkpoints() -> list[StoredNetwork]:
    """Its only checkpoint."""
    return [StoredNetwork(*position(), shipped.network_bytes())]


def refuse_change() -> UserError:
    return UserError(
        f"{HANDS} comes with the program and cannot be changed or deleted. You can train the same, "
        "or teach a copy of it."
    )
