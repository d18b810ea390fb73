"""Benchmarks of what this program promises: each one yields its lines while it measures."""

from typing import Any, NamedTuple


class Line(NamedTuple):
    """One line of output: a record for `--json`, and the text that says the same."""

    record: dict[str, Any]
    text: str
