"""Splits the ink of a number into its digits, by connected parts."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scratchmlp.ink.box import Box
from scratchmlp.ink.types import Ink

FAINT = 0.25  # of the darkest ink: fainter ink does not connect parts
MIN_OVERLAP = 0.35  # two parts are one digit if they overlap by this share of the narrower width
MIN_HEIGHT = (
    0.6  # of the tallest part: digits are about equally tall, so a shorter part belongs to one
)
MAX_ASPECT = 1.5  # width / height: a wider part is digits that touch
DIGIT_ASPECT = 0.65  # width / height of a digit
MAX_PARTS = 100  # more parts are no number


@dataclass(frozen=True, eq=False)
class Part(Box):
    """Connected ink, and its bounding box."""

    mask: NDArray[np.bool_]


def split_digits(ink: Ink) -> list[Ink]:
    """The digits of a number from left to right, each on a sheet of the same size; [] if empty."""
    if not ink.any():
        return []
    parts = _merge_stacked(_connected_parts(ink))
    tallest = max(part.height for part in parts)
    parts = _merge_short(parts, tallest)
    digits = [digit for part in parts for digit in _split_touching(part, ink, tallest)]
    return [np.where(digit.mask, ink, 0) for digit in digits]


def _part(mask: NDArray[np.bool_]) -> Part:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Part(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1, mask)


def _merged(a: Part, b: Part) -> Part:
    return _part(a.mask | b.mask)


def _connected_parts(ink: Ink) -> list[Part]:
    """Connected parts from left to right, with their faint edges."""
    labels, n = ndimage.label(ink > FAINT * ink.max(), structure=np.ones((3, 3)))
    if n > MAX_PARTS:  # noise
        return [_part(ink > 0)]
    grown = ndimage.grey_dilation(labels, size=(5, 5))
    labels = np.where(labels, labels, np.where(ink > 0, grown, 0))
    return sorted((_part(labels == i + 1) for i in range(n)), key=lambda part: part.left)


def _merge_stacked(parts: list[Part]) -> list[Part]:
    """Merge parts above each other, such as a 5 and its bar."""
    joined = parts[:1]
    for part in parts[1:]:
        overlap = min(joined[-1].right, part.right) - part.left
        if overlap > MIN_OVERLAP * min(joined[-1].width, part.width):
            joined[-1] = _merged(joined[-1], part)
        else:
            joined.append(part)
    return joined


def _merge_short(parts: list[Part], tallest: int) -> list[Part]:
    """Merge a part that is too short for a digit with its nearest neighbour, if it is near."""
    parts = list(parts)
    for part in sorted(parts, key=lambda part: part.height):
        place = next((i for i, other in enumerate(parts) if other is part), None)
        if place is None or part.height >= MIN_HEIGHT * tallest or len(parts) == 1:
            continue
        neighbours = [i for i in (place - 1, place + 1) if 0 <= i < len(parts)]
        near = min(neighbours, key=lambda i: _gap(parts[i], part))
        if _gap(parts[near], part) < tallest / 3:
            first, last = sorted((place, near))
            parts[first : last + 1] = [_merged(parts[first], parts[last])]
    return parts


def _gap(a: Part, b: Part) -> int:
    return max(a.left, b.left) - min(a.right, b.right)


def _split_touching(part: Part, ink: Ink, tallest: int) -> list[Part]:
    """Cut a wide part where there is little ink near the expected end of a digit."""
    if part.width <= MAX_ASPECT * part.height or part.height < MIN_HEIGHT * tallest:
        return [part]
    n = max(2, round(part.width / (DIGIT_ASPECT * part.height)))
    columns = np.where(part.mask, ink, 0).sum(axis=0)
    ends = [part.left + _cut_column(columns[part.left : part.right], k / n, n) for k in range(1, n)]
    edges = [part.left, *sorted(ends), part.right]
    across = np.arange(ink.shape[1])
    sides = [part.mask & (a <= across) & (across < b) for a, b in itertools.pairwise(edges)]
    return [_part(side) for side in sides if side.any()]


def _cut_column(columns: NDArray[np.floating], share: float, n: int) -> int:
    """A column with little ink, at most half a digit (of n) away from this share of the width."""
    distance = np.abs(np.arange(len(columns)) - share * len(columns)) / (len(columns) / n)
    cost = columns / max(float(columns.max()), 1e-9) + 2 * distance
    return int(np.where(distance <= 0.5, cost, np.inf).argmin())
