"""Where the program stores its files."""

import os
from pathlib import Path

from scratchmlp.errors import UserError

SHIPPED = Path(__file__).parent / "shipped"  # what comes with the program


def home() -> Path:
    """The folder of the runs database and the decoded data: `SCRATCHMLP_HOME` or `~/.scratchmlp`.

    Raises
    ------
    UserError
        The path begins with the name of a user who does not exist.
    """
    name = os.environ.get("SCRATCHMLP_HOME") or "~/.scratchmlp"
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise UserError(f"SCRATCHMLP_HOME cannot be {name}: {error}") from error


def cache() -> Path:
    """The folder of everything that can be computed again: decoded data, splits, detectors."""
    return home() / "cache"
