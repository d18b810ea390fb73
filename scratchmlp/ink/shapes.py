"""Random shapes that are not digits, which a prediction should reject.

Thresholds are chosen on these shapes and on validation samples, never on the drawings that are used
to report results. A shape is strokes in a square of side 1, with the tremor of a hand.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scratchmlp.ink.strokes import Strokes

Points = NDArray[np.float64]

# Capital letters that look like no digit: straight strokes through points "xy" on a 3 x 5 grid.
LETTERS: dict[str, list[str]] = {
    "A": ["04 10 24", "02 22"],
    "E": ["20 00 04 24", "02 12"],
    "F": ["20 00 04", "02 12"],
    "H": ["00 04", "20 24", "02 22"],
    "K": ["00 04", "20 02 24"],
    "M": ["04 00 12 20 24"],
    "N": ["04 00 24 20"],
    "R": ["04 00 20 21 02 24"],
    "T": ["00 20", "10 14"],
    "V": ["00 14 20"],
    "W": ["00 04 12 24 20"],
    "X": ["00 24", "20 04"],
    "Y": ["00 12 20", "12 14"],
}


def random_shape(kind: str, rng: np.random.Generator) -> Strokes:
    """One shape of a kind, which is a key of `SHAPES`."""
    strokes = [_with_tremor(points, rng) for points in SHAPES[kind](rng)]
    return [[(float(x), float(y)) for x, y in points] for points in strokes]


def random_shapes(n: int, seed: int = 0) -> list[Strokes]:
    """`n` shapes, equally many of each kind."""
    rng, kinds = np.random.default_rng(seed), list(SHAPES)
    return [random_shape(kinds[i % len(kinds)], rng) for i in range(n)]


def _with_tremor(points: Points, rng: np.random.Generator) -> Points:
    """The same line in short pieces, with a small random offset at each point."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    at = np.linspace(0, along[-1], max(2, int(along[-1] / 0.05)))
    fine = np.stack([np.interp(at, along, points[:, i]) for i in (0, 1)], axis=1)
    return fine + rng.normal(0, 0.008, fine.shape)


def _rotated(points: Points, rng: np.random.Generator, max_angle: float = np.pi) -> Points:
    angle = rng.uniform(-max_angle, max_angle)
    cos, sin = np.cos(angle), np.sin(angle)
    return (points - 0.5) @ np.array([[cos, sin], [-sin, cos]]) + 0.5


def _scribble(rng: np.random.Generator) -> list[Points]:
    """A curve through random points."""
    knots = rng.uniform(0, 1, (int(rng.integers(7, 16)), 2))
    at = np.linspace(0, len(knots) - 1, 20 * len(knots))
    return [np.stack([np.interp(at, np.arange(len(knots)), knots[:, i]) for i in (0, 1)], axis=1)]


def _zigzag(rng: np.random.Generator) -> list[Points]:
    n = int(rng.integers(5, 10))
    points = np.stack([np.linspace(0, 1, n), np.arange(n) % 2 * rng.uniform(0.3, 1)], axis=1)
    return [_rotated(points, rng)]


def _cross(rng: np.random.Generator) -> list[Points]:
    """Two lines that cross at a right angle."""
    lines = np.array([[0, 0.5], [1, 0.5]]), np.array([[0.5, 0], [0.5, 1]])
    rotated = _rotated(np.concatenate(lines), rng)
    return [rotated[:2], rotated[2:]]


def _polygon(rng: np.random.Generator) -> list[Points]:
    """A triangle, a square or a star."""
    n, skip = [(3, 1), (4, 1), (5, 2)][int(rng.integers(3))]
    angles = 2 * np.pi * skip * np.arange(n + 1) / n
    points = 0.5 + 0.5 * np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    return [_rotated(points, rng)]


def _spiral(rng: np.random.Generator) -> list[Points]:
    angles = np.linspace(0, 2 * np.pi * rng.uniform(2.2, 4), 120)
    radius = angles / angles[-1] / 2
    points = 0.5 + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius[:, None]
    return [_rotated(points, rng)]


def _letter(rng: np.random.Generator) -> list[Points]:
    strokes: list[str] = LETTERS[list(LETTERS)[int(rng.integers(len(LETTERS)))]]
    scale = np.array([rng.uniform(0.6, 1.0) / 2, 1 / 4])
    grid = [np.array([[int(p[0]), int(p[1])] for p in stroke.split()]) for stroke in strokes]
    return [points * scale for points in grid]


def _lines(rng: np.random.Generator) -> list[Points]:
    """Parallel lines that do not touch."""
    n = int(rng.integers(3, 7))
    across = np.linspace(0, 1, n)
    return [np.array([[x, 0], [x + rng.uniform(-0.1, 0.1), 1]]) for x in across]


def _face(rng: np.random.Generator) -> list[Points]:
    """Two eyes and a mouth in a circle."""
    angles = np.linspace(0, 2 * np.pi, 50)
    circle = 0.5 + 0.5 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    mouth = 0.5 + 0.3 * np.stack([np.cos(angles[2:24]), np.sin(angles[2:24])], axis=1)
    eyes = [np.array([[x, 0.33], [x, 0.4]]) for x in (0.33, 0.67)]
    return [circle, mouth, *eyes]


SHAPES: dict[str, Callable[[np.random.Generator], list[Points]]] = {
    "scribble": _scribble,
    "zigzag": _zigzag,
    "cross": _cross,
    "polygon": _polygon,
    "spiral": _spiral,
    "letter": _letter,
    "lines": _lines,
    "face": _face,
}
