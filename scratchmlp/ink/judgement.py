"""Decides which pieces of ink in a picture are not the digit.

A piece that touches the picture's edge, a frame, a line beside the strokes, a speck and what is far
fainter are left out, each for a reason that a visitor can read.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scratchmlp.ink import outlines
from scratchmlp.ink.piece import EDGE, FRAME, LINE, PALE, SMALL, Piece

FAINT = 0.4  # of the digit's contrast: a fainter piece is none of its strokes
SPECK = 0.13  # of the digit's height
NEAR = 0.6  # of a small piece's size: what is farther from the digit is none of its strokes
TALL = 0.5  # of the digit's height: a taller piece is a digit too
INSIDE = 0.07  # of the picture: a piece of this size that touches no edge is the digit
STRAIGHT = 8.0  # length / width of a line


def judged(pieces: list[Piece], labels: NDArray[np.integer]) -> list[Piece]:
    """The pieces with the reasons for which some are left out."""
    pieces = _without(pieces, _edges(pieces, labels.shape), EDGE)
    pieces = _without(pieces, outlines.frames(_taken(pieces), labels), FRAME)
    main = _main(pieces)
    if main is None:
        return pieces
    for reason, is_other in ((LINE, _is_line), (SMALL, _is_small), (PALE, _is_pale)):
        out = {p.label for p in _taken(pieces) if p is not main and is_other(p, main)}
        pieces = _without(pieces, out, reason)
    return pieces


def _taken(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if not piece.reason]


def _without(pieces: list[Piece], labels: set[int], reason: str) -> list[Piece]:
    return [replace(p, reason=reason) if p.label in labels else p for p in pieces]


def _edges(pieces: list[Piece], shape: tuple[int, ...]) -> set[int]:
    """What touches the picture's edge, if something of some size does not."""
    inside = max((p.size for p in pieces if not p.touches), default=0)
    return {p.label for p in pieces if p.touches} if inside > INSIDE * min(shape) else set()


def _main(pieces: list[Piece]) -> Piece | None:
    """The piece that is most likely a digit: large, and rather upright than a line."""
    return max(_taken(pieces), key=_weight, default=None)


def _weight(piece: Piece) -> float:
    likely = 1.0
    if piece.elongation >= STRAIGHT:
        likely = 0.3 if piece.height > piece.width else 0.1
    return likely * piece.size * float(np.sqrt(piece.area))


def _is_line(piece: Piece, main: Piece) -> bool:
    """A line above or below the strokes, or a taller one beside them."""
    if piece.elongation < STRAIGHT:
        return False
    if piece.width > piece.height:
        beside = piece.bottom > main.top and piece.top < main.bottom
        return not beside or piece.width > 1.5 * max(main.width, 0.5 * main.height)
    return piece.height > 1.4 * main.height


def _is_small(piece: Piece, main: Piece) -> bool:
    if piece.size < SPECK * main.height:
        return True
    if piece.height >= TALL * main.height:
        return False
    return piece.gap(main) > NEAR * piece.size


def _is_pale(piece: Piece, main: Piece) -> bool:
    return piece.contrast < FAINT * main.contrast
