"""A piece of ink in a picture, and the reasons to leave one out."""

from typing import NamedTuple

import numpy as np

EDGE, FRAME, LINE, SMALL, PALE = (
    "touches the edge",
    "frame around the digit",
    "straight line",
    "too small",
    "too faint",
)


class Piece(NamedTuple):
    """Connected ink.

    Attributes
    ----------
    label : its number in `Pieces.labels`.
    reason : why it is left out; empty if it belongs to the digit.
    """

    label: int
    top: int
    bottom: int
    left: int
    right: int
    area: int
    contrast: float
    elongation: float
    touches: bool
    reason: str = ""

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def size(self) -> int:
        return max(self.height, self.width)

    def gap(self, other: "Piece") -> float:
        """Pixels between the two boxes."""
        across = max(self.left, other.left) - min(self.right, other.right)
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        return float(np.hypot(max(across, 0), max(down, 0)))
