"""Cuts ink that may be two digits along seams: ways from top to bottom that cross little ink."""

import numpy as np
from numpy.typing import NDArray

from scratchmlp.ink import preparation
from scratchmlp.ink.types import Ink

HEIGHT = 60  # pixels of the ink's longer edge while seams are sought
PLACES = (0.35, 0.42, 0.5, 0.58, 0.65)  # of the width, where a seam may be
REACH = 0.12  # of the width, how far it may go from its place
SLOPE = 0.03  # what a step to the side costs, as ink


def cuts(ink: Ink) -> list[tuple[Ink, Ink]]:
    """The ink left and right of each seam; parts without ink are left out."""
    small = preparation.fit(preparation.crop(ink), HEIGHT)
    width, found, seen = small.shape[1], [], set[bytes]()
    for place in PLACES:
        seam = _seam(small, place * width, max(2.0, REACH * width))
        if seam.tobytes() not in seen:
            seen.add(seam.tobytes())
            is_left = np.arange(width) < seam[:, None]
            sides = np.where(is_left, small, 0), np.where(is_left, 0, small)
            if all((side > 0.5).any() for side in sides):
                found.append(sides)
    return found


def _seam(ink: Ink, middle: float, reach: float) -> NDArray[np.integer]:
    """The column of the cheapest way in each row, found by dynamic programming."""
    height, width = ink.shape
    far = np.abs(np.arange(width) - middle) > reach
    cost = np.where(far, 1e6, ink + 1e-3 * np.abs(np.arange(width) - middle))
    total, steps = cost[0], np.zeros((height, width), dtype=int)
    for row in range(1, height):
        beside = np.pad(total, 1, constant_values=np.inf)
        ways = np.stack([beside[:-2] + SLOPE, beside[1:-1], beside[2:] + SLOPE])
        steps[row] = ways.argmin(axis=0) - 1
        total = cost[row] + ways.min(axis=0)
    seam = np.zeros(height, dtype=int)
    seam[-1] = total.argmin()
    for row in range(height - 1, 0, -1):
        seam[row - 1] = seam[row] + steps[row, seam[row]]
    return seam
