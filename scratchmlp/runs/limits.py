"""How much a visitor of a hosted server may have: each limit is an environment variable.

Whoever uses their own machine has no limits, and neither have its terminal and its first run.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from scratchmlp.errors import UserError


def _limit(default: int, variable: str, help: str, most: int) -> Any:
    """A limit: a whole number from 1 to `most`."""
    metadata = {"variable": f"SCRATCHMLP_MAX_{variable}", "help": help, "most": most}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Limits:
    """What one visitor may have at most."""

    running: int = _limit(2, "RUNNING", "Runs that train or are paused at the same time.", 1_000)
    waiting: int = _limit(5, "WAITING", "Runs in the queue, and as many background tasks.", 1_000)
    seconds: int = _limit(300, "SECONDS", "Seconds of training of one run.", 1_000_000)
    weights: int = _limit(2_000_000, "WEIGHTS", "Weights of one network.", 50_000_000)
    runs: int = _limit(200, "RUNS", "Kept runs.", 100_000)
    drawings: int = _limit(500, "DRAWINGS", "Kept drawings.", 5_000)
    datasets: int = _limit(3, "DATASETS", "Kept ZIPs of pictures; the oldest goes.", 1_000)
    page_runs: int = _limit(10, "PAGE_RUNS", "Runs of a page each second, of one session.", 1_000)

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Limits":
        """The limits that the environment variables set.

        Raises
        ------
        UserError
            A value is no whole number in its range: the sentence names the variable.
        """
        variables = os.environ if environment is None else environment
        return cls(
            **{each.name: _read(each.metadata, variables, each.default) for each in fields(cls)}
        )


def _read(metadata: Mapping[str, Any], variables: Mapping[str, str], default: Any) -> int:
    name = metadata["variable"]
    return whole_number(name, variables.get(name) or str(default), metadata["most"])


def whole_number(name: str, text: str, most: int) -> int:
    """The number from 1 to `most` that a variable of that name says, or else a `UserError`."""
    value = int(text) if text.isdecimal() and len(text) < 12 else 0
    if not 1 <= value <= most:
        raise UserError(f"{name} is {text[:40]}: it must be a whole number from 1 to {most:,}.")
    return value
