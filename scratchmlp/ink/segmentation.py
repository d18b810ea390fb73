"""A number on one sheet, taken apart into its digits by where its ink hangs together."""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Ink = NDArray[np.floating]

FAINT = 0.25  # of the darkest ink: what is fainter holds nothing together
OVERLAP = 0.35  # share of the narrower one by which two parts of a digit stand above each other
SHORT = 0.6  # of the tallest: digits of a number are about as tall, so less is a part of one
WIDE = 1.5  # width by height above which ink that hangs together is digits that touch
USUAL = 0.65  # width by height of a digit
MOST_PARTS = 100  # pieces of ink that a number may be made of


class Part(NamedTuple):
    """Ink of one sheet that belongs together, and the box around it."""

    mask: NDArray[np.bool_]
    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


def split(ink: Ink) -> list[Ink]:
    """The digits of a number, left to right, each on a sheet of the same size; [] of no ink."""
    if not ink.any():
        return []
    parts = _stacked(_components(ink))
    tallest = max(part.height for part in parts)
    whole = _without_short(parts, tallest)
    digits = [digit for part in whole for digit in _apart(part, ink, tallest)]
    return [np.where(digit.mask, ink, 0) for digit in digits]


def _part(mask: NDArray[np.bool_]) -> Part:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Part(mask, int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def _together(a: Part, b: Part) -> Part:
    return _part(a.mask | b.mask)


def _components(ink: Ink) -> list[Part]:
    """What hangs together, from left to right, with the faint edge of it."""
    labels, n = ndimage.label(ink > FAINT * ink.max(), structure=np.ones((3, 3)))
    if n > MOST_PARTS:  # dots or noise, and no number
        return [_part(ink > 0)]
    grown = ndimage.grey_dilation(labels, size=(5, 5))
    labels = np.where(labels, labels, np.where(ink > 0, grown, 0))
    return sorted((_part(labels == i + 1) for i in range(n)), key=lambda part: part.left)


def _stacked(parts: list[Part]) -> list[Part]:
    """Join what stands above each other: a 5 and its bar."""
    joined = parts[:1]
    for part in parts[1:]:
        overlap = min(joined[-1].right, part.right) - part.left
        if overlap > OVERLAP * min(joined[-1].width, part.width):
            joined[-1] = _together(joined[-1], part)
        else:
            joined.append(part)
    return joined


def _without_short(parts: list[Part], tallest: int) -> list[Part]:
    """Join what is too short for a digit to its nearest neighbour, if one is near."""
    parts = list(parts)
    for part in sorted(parts, key=lambda part: part.height):
        place = next((i for i, other in enumerate(parts) if other is part), None)
        if place is None or part.height >= SHORT * tallest or len(parts) == 1:
            continue
        beside = [i for i in (place - 1, place + 1) if 0 <= i < len(parts)]
        near = min(beside, key=lambda i: _gap(parts[i], part))
        if _gap(parts[near], part) < tallest / 3:
            first, last = sorted((place, near))
            parts[first : last + 1] = [_together(parts[first], parts[last])]
    return parts


def _gap(a: Part, b: Part) -> int:
    return max(a.left, b.left) - min(a.right, b.right)


def _apart(part: Part, ink: Ink, tallest: int) -> list[Part]:
    """Digits that touch, cut where little ink is near where one should end."""
    if part.width <= WIDE * part.height or part.height < SHORT * tallest:
        return [part]
    n = max(2, round(part.width / (USUAL * part.height)))
    columns = np.where(part.mask, ink, 0).sum(axis=0)
    ends = [part.left + _cut(columns[part.left : part.right], k / n, n) for k in range(1, n)]
    edges = [part.left, *sorted(ends), part.right]
    across = np.arange(ink.shape[1])
    sides = [part.mask & (a <= across) & (across < b) for a, b in itertools.pairwise(edges)]
    return [_part(side) for side in sides if side.any()]


def _cut(columns: NDArray[np.floating], share: float, n: int) -> int:
    """The column with little ink near that share of the width, by at most half a digit of n."""
    away = np.abs(np.arange(len(columns)) - share * len(columns)) / (len(columns) / n)
    cost = columns / max(float(columns.max()), 1e-9) + 2 * away
    return int(np.where(away <= 0.5, cost, np.inf).argmin())
