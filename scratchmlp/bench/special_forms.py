"""Forms of digits that people of many countries write and MNIST hardly has, as strokes.

Each form is points through which a smooth stroke goes, in a square of side 1 with y downwards. A
drawing of it is slanted, stretched and bent at random, with the tremor of a hand. No network is
trained on them.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from scratchmlp.ink.strokes import Strokes

Points = list[tuple[float, float]]

_RING_AND_TAIL: Points = [
    *((0.75, 0.2), (0.5, 0.02), (0.25, 0.22), (0.42, 0.46), (0.7, 0.33), (0.77, 0.16)),
    *((0.78, 0.5), (0.7, 0.84), (0.46, 0.99), (0.2, 0.88)),
]
_TWO_LOOPS: Points = [
    *((0.72, 0.13), (0.5, 0.02), (0.28, 0.18), (0.48, 0.44), (0.74, 0.72), (0.5, 0.98)),
    *((0.25, 0.76), (0.5, 0.46), (0.74, 0.22), (0.73, 0.1)),
]

# A form: the digit, and its strokes.
FORMS: dict[str, tuple[int, list[Points]]] = {
    "crossed 7": (
        7,
        [
            [(0.15, 0.05), (0.5, 0.04), (0.85, 0.05), (0.65, 0.45), (0.4, 1.0)],
            [(0.3, 0.5), (0.55, 0.49), (0.8, 0.48)],
        ],
    ),
    "serif 1": (
        1,
        [
            [(0.3, 0.25), (0.42, 0.14), (0.52, 0.02), (0.52, 0.5), (0.52, 0.98)],
            [(0.3, 0.98), (0.52, 0.98), (0.75, 0.98)],
        ],
    ),
    "European 1": (1, [[(0.12, 0.5), (0.34, 0.27), (0.58, 0.02), (0.58, 0.5), (0.58, 1.0)]]),
    "curled 9": (
        9,
        [_RING_AND_TAIL],
    ),
    "open 4": (
        4,
        [
            [(0.22, 0.02), (0.2, 0.3), (0.2, 0.56), (0.5, 0.57), (0.85, 0.55)],
            [(0.68, 0.05), (0.67, 0.5), (0.66, 1.0)],
        ],
    ),
    "one-stroke 8": (
        8,
        [_TWO_LOOPS],
    ),
}
CORNERS = {"crossed 7": (0, 2), "serif 1": (2,), "European 1": (2,), "open 4": (2,)}


def draw(form: str, rng: np.random.Generator) -> Strokes:
    """The strokes of one drawing of a form."""
    _, strokes = FORMS[form]
    slant, stretch = rng.uniform(-0.2, 0.25), np.exp(rng.uniform(-0.25, 0.25))
    drawn = []
    for number, knots in enumerate(strokes):
        moved = np.array(knots) + rng.normal(0, 0.025, (len(knots), 2))
        corners = CORNERS.get(form, ()) if number == 0 else ()
        points = _smooth(moved, corners)
        points += rng.normal(0, 0.004, points.shape)
        x, y = points[:, 0] * stretch - slant * points[:, 1], points[:, 1]
        drawn.append([(float(a), float(b)) for a, b in zip(x, y, strict=True)])
    return drawn


def _smooth(knots: NDArray[np.float64], corners: tuple[int, ...]) -> NDArray[np.float64]:
    """A line through the knots, smooth but at the corners (Catmull & Rom 1974)."""
    ends = sorted({0, *corners, len(knots) - 1})
    parts = [_spline(knots[a : b + 1]) for a, b in itertools.pairwise(ends)]
    return np.concatenate(parts)


def _spline(knots: NDArray[np.float64], steps: int = 10) -> NDArray[np.float64]:
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    t = np.linspace(0, 1, steps)[:, None]
    parts = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    return np.concatenate(parts)
