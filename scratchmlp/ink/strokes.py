"""What a pen did: strokes, and the ink they leave, anti-aliased as a browser's canvas leaves it.

A stroke is a list of points (x, y) in pixels, y growing downwards. Strokes come from a browser or
from a file somebody sends, so whatever is not strokes is refused with a sentence.
"""

import json
import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from scratchmlp.errors import UserError
from scratchmlp.ink.preparation import Ink

Stroke = list[tuple[float, float]]
Strokes = list[Stroke]

MAX_STROKES = 500
MAX_POINTS = 20_000
MAX_COORDINATE = 10_000.0  # pixels; the largest screens are narrower
SAMPLES = 4  # each pixel is drawn as 4 x 4 and averaged


def render(strokes: Strokes, width: float, side: int) -> Ink:
    """The ink of a pen `width` pixels wide on a sheet of `side` x `side`, float (side, side).

    Caps and joins are round; a point alone is a dot. What lies off the sheet is cut off.
    """
    sheet = Image.new("L", (side * SAMPLES, side * SAMPLES))
    pen = ImageDraw.Draw(sheet)
    radius = width * SAMPLES / 2
    for stroke in strokes:
        points = [(x * SAMPLES, y * SAMPLES) for x, y in stroke]
        pen.line(points, fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet.reduce(SAMPLES), dtype=np.float32) / 255


def placed(strokes: Strokes, size: float, middle: tuple[float, float]) -> Strokes:
    """The same strokes with the longer edge of their box `size` pixels, and its middle there."""
    points = np.array([point for stroke in strokes for point in stroke], dtype=float)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = size / max(float((high - low).max()), 1e-9)
    x0, y0 = (low + high) / 2
    x1, y1 = middle
    return [[((x - x0) * scale + x1, (y - y0) * scale + y1) for x, y in s] for s in strokes]


def check(value: Any) -> Strokes:
    """Strokes, if `value` is a list of lists of pairs of numbers within reason.

    Raises
    ------
    UserError
        It is not, or there are too many strokes or points, or a point lies nowhere near a screen.
    """
    if not isinstance(value, list) or not all(isinstance(stroke, list) for stroke in value):
        raise UserError("These are no strokes: they must be a list of lists of points [x, y].")
    if len(value) > MAX_STROKES or sum(map(len, value)) > MAX_POINTS:
        raise UserError(
            f"This drawing is too long: at most {MAX_STROKES:,} strokes of {MAX_POINTS:,} points "
            "in all."
        )
    return [[_point(point) for point in stroke] for stroke in value if stroke]


def _point(value: Any) -> tuple[float, float]:
    numbers = isinstance(value, (list, tuple)) and all(type(v) in (int, float) for v in value)
    if not numbers or len(value) != 2:
        raise UserError("A point of these strokes is not a pair of numbers [x, y].")
    if not all(math.isfinite(v) and abs(v) <= MAX_COORDINATE for v in value):
        raise UserError(
            f"A point of these strokes lies outside of {MAX_COORDINATE:,.0f} pixels: "
            "scale the drawing down."
        )
    return float(value[0]), float(value[1])


def loads(text: str | bytes) -> Strokes:
    """Strokes from JSON, `[[[x, y], …], …]`.

    Raises
    ------
    UserError
        It is no JSON, or no strokes.
    """
    try:
        return check(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UserError("These strokes are not JSON: export the drawing again.") from error


def dumps(strokes: Strokes, digits: int = 2) -> str:
    """JSON of strokes, to hundredths of a pixel."""
    short = [[[round(x, digits), round(y, digits)] for x, y in stroke] for stroke in strokes]
    return json.dumps(short, separators=(",", ":"))
