"""A piece of ink in a picture, and the reasons to leave one out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scratchmlp.ink.box import Box

EDGE, FRAME, LINE = "it touches the edge", "it goes around the digit", "it is a straight line"
SMALL, PALE = "it is small", "it is faint"
NOUNS = {
    EDGE: ("piece at the edge", "pieces at the edge"),
    FRAME: ("frame", "frames"),
    LINE: ("straight line", "straight lines"),
    SMALL: ("small piece", "small pieces"),
    PALE: ("faint piece", "faint pieces"),
}


@dataclass(frozen=True)
class Piece(Box):
    """Connected ink.

    Attributes
    ----------
    label : its number in `Pieces.labels`.
    reason : why it is left out; empty if it belongs to the digit.
    """

    label: int
    area: int
    contrast: float
    elongation: float
    touches: bool
    reason: str = ""

    @property
    def size(self) -> int:
        return max(self.height, self.width)

    def gap(self, other: "Piece") -> float:
        """Pixels between the two boxes."""
        across = max(self.left, other.left) - min(self.right, other.right)
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        return float(np.hypot(max(across, 0), max(down, 0)))


def reasons_in_words(pieces: Sequence[Piece]) -> str:
    """Why pieces are left out, with the number of each: "2 straight lines, 1 speck"."""
    counts = Counter(piece.reason for piece in pieces)
    return ", ".join(f"{n} {_noun(reason, n)}" for reason, n in counts.most_common())


def _noun(reason: str, n: int) -> str:
    noun, plural = NOUNS.get(reason, ("piece", "pieces"))
    return noun if n == 1 else plural
