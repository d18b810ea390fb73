"""Four digits as strokes, which the benchmarks draw."""

from scratchmlp.ink.strokes import Strokes

# A 1, a 7, a 0 and a 2, each in one stroke, in a square of side 1.
DIGITS: list[Strokes] = [
    [[(0.4, 0.2), (0.5, 0.0), (0.5, 1.0)]],
    [[(0.1, 0.0), (0.8, 0.0), (0.4, 1.0)]],
    [[(0.5, 0.0), (0.2, 0.25), (0.2, 0.75), (0.5, 1.0), (0.8, 0.75), (0.8, 0.25), (0.5, 0.0)]],
    [[(0.2, 0.2), (0.5, 0.0), (0.8, 0.25), (0.5, 0.6), (0.15, 1.0), (0.9, 1.0)]],
]
