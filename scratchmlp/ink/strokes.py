"""The strokes of a pen: checked, scaled, and rendered as ink, anti-aliased like a browser's canvas.

A stroke is a list of points (x, y) in pixels; y points downwards. Strokes come from a browser or
from an uploaded file, so they are checked, and other data is refused with a sentence.
"""

import json
import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from scratchmlp.errors import UserError
from scratchmlp.ink.types import Ink

Stroke = list[tuple[float, float]]
Strokes = list[Stroke]

MAX_STROKES = 500
MAX_POINTS = 20_000
MAX_COORDINATE = 10_000.0  # pixels; the largest screens are narrower
OVERSAMPLING = 4  # each pixel is the mean of 4 x 4 pixels


def render(strokes: Strokes, width: float, side: int) -> Ink:
    """The ink of a pen that is `width` pixels wide on an empty sheet, float (side, side).

    Caps and joins are round. A stroke of one point is a dot. Points may be outside the sheet.
    """
    sheet = Image.new("L", (side * OVERSAMPLING, side * OVERSAMPLING))
    pen = ImageDraw.Draw(sheet)
    radius = width * OVERSAMPLING / 2
    for stroke in strokes:
        points = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in stroke]
        pen.line(points, fill=255, width=max(1, round(2 * radius)))
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet.reduce(OVERSAMPLING), dtype=np.float32) / 255


def place(strokes: Strokes, size: float, middle: tuple[float, float]) -> Strokes:
    """Scale and move strokes, so that the longer edge of their box is `size` pixels."""
    points = np.array([point for stroke in strokes for point in stroke], dtype=float)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = size / max(float((high - low).max()), 1e-9)
    x0, y0 = (low + high) / 2
    x1, y1 = middle
    return [[((x - x0) * scale + x1, (y - y0) * scale + y1) for x, y in s] for s in strokes]


def check(value: Any) -> Strokes:
    """Return `value` as strokes: a list of lists of pairs of numbers.

    Raises
    ------
    UserError
        The value is something else, has too many strokes or points, or a point is far from any
        screen.
    """
    if not isinstance(value, list) or not all(isinstance(stroke, list) for stroke in value):
        raise UserError("These are no strokes: strokes are a list of lists of points [x, y].")
    if len(value) > MAX_STROKES or sum(map(len, value)) > MAX_POINTS:
        raise UserError(
            f"This drawing is too long: at most {MAX_STROKES:,} strokes of {MAX_POINTS:,} points "
            "in all."
        )
    return [[_point(point) for point in stroke] for stroke in value if stroke]


def _point(value: Any) -> tuple[float, float]:
    is_numbers = isinstance(value, (list, tuple)) and all(type(v) in (int, float) for v in value)
    if not is_numbers or len(value) != 2:
        raise UserError("A point of these strokes is not a pair of numbers [x, y].")
    if not all(math.isfinite(v) and abs(v) <= MAX_COORDINATE for v in value):
        raise UserError(
            f"A point of these strokes is farther than {MAX_COORDINATE:,.0f} pixels away: "
            "scale the drawing down."
        )
    return float(value[0]), float(value[1])


def loads(text: str | bytes) -> Strokes:
    """Strokes from JSON, `[[[x, y], …], …]`.

    Raises
    ------
    UserError
        The text is not JSON, or its value is not strokes.
    """
    try:
        return check(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UserError("These strokes are not JSON: export the drawing again.") from error


def dumps(strokes: Strokes, digits: int = 2) -> str:
    """Strokes as JSON, rounded to `digits` decimal places of a pixel."""
    short = [[[round(x, digits), round(y, digits)] for x, y in stroke] for stroke in strokes]
    return json.dumps(short, separators=(",", ":"))
