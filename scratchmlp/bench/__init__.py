"""What was promised in figures, measured: each bench yields a line as soon as it is known."""

from typing import Any, NamedTuple


class Line(NamedTuple):
    """One line of a bench, for a program and for a person."""

    record: dict[str, Any]
    text: str
