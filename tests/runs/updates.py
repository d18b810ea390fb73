"""Rows and checkpoints as a recorder writes them."""

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Checkpoint

CONFIG = TrainConfig(dataset="digits", hidden=(16, 8))


def steps(first: int, last: int) -> list[dict]:
    return [{"step": n, "loss": 1 / n, "lr": 0.1} for n in range(first, last + 1)]


def epoch(n: int, loss: float = 0.5) -> dict:
    return {
        "epoch": n,
        "step": 10 * n,
        "train_loss": loss,
        "train_accuracy": 0.9,
        "valid_loss": loss,
        "valid_accuracy": 0.8,
        "seconds": 0.1,
        "statistics": {"dead": [0.0]},
    }


def checkpoint(n: int, best: bool = False, extra: int = 0) -> Checkpoint:
    return Checkpoint(10 * n + extra, n, f"network {n}+{extra}".encode(), b"progress", best)
