"""The picture of a network as SVG: its layers, some units of each, and the lines between them.

A pure function: a `Drawing` in, text out. Text takes the page's colour, so that it can be read on
light and dark pages. Orange is above 0 and blue below, as in the pictures of weights.
"""

import html
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.charts.image_urls import png_url, webp_url
from scratchmlp.charts.theme import BLUE, ORANGE

LEVELS = 4  # of the strength of a line
WEAKEST = 0.2  # a weaker line is not drawn, since it would hide the others
MAX_NAME = 14  # characters beside a unit


class Unit(NamedTuple):
    """A unit that is drawn: `label` is shown under the pointer, `name` and `value` beside it."""

    label: str
    level: float = 0.0  # how it is lit, -1 to 1
    name: str = ""
    value: str = ""
    picture: NDArray[np.uint8] | None = None  # its weights, (28, 28, 3)


class Layer(NamedTuple):
    """A layer after the input: `size` is the number of its units, of which some are drawn."""

    size: int
    word: str
    units: Sequence[Unit]


class Drawing(NamedTuple):
    """What to draw.

    Attributes
    ----------
    picture : the input, uint8 (28, 28); None for an empty square.
    lines : for each pair of layers in a row, the strength of each line between their drawn units,
        -1 to 1, (units, units). None where all lines are alike, as before any training.
    description : what a screen reader says.
    """

    picture: NDArray[np.uint8] | None
    layers: Sequence[Layer]
    lines: Sequence[NDArray[np.floating] | None]
    description: str


class Size(NamedTuple):
    """Lengths in pixels: of a row, between two layers, of the input's side, and of a letter.

    The drawing may grow `zoom` times where there is room.
    """

    row: float
    gap: float
    side: float
    font: float
    zoom: float


LARGE = Size(32, 128, 84, 13, 1.3)
MEDIUM = Size(22, 150, 64, 12, 1.0)  # as high as a curve
SMALL = Size(11, 64, 44, 11, 1.0)


class _Place(NamedTuple):
    """Where the units of a layer are: the middle of each circle."""

    x: float
    ys: list[float]
    left: float  # where the lines to the units end


class _Layout(NamedTuple):
    places: list[_Place]
    width: float
    height: float
    middle: float  # of the height
    gap: float  # between two layers


def svg(drawing: Drawing, size: Size = LARGE) -> str:
    """The drawing, at least as wide as text that can be read needs: in less room it scrolls."""
    layout = _layout(drawing.layers, size)
    parts = _input(drawing, layout, size)
    for strengths, (one, other) in zip(drawing.lines, pairwise(layout.places), strict=True):
        parts += _lines(strengths, one, other)
    for layer, place in zip(drawing.layers, layout.places, strict=True):
        parts += _layer(layer, place, size, layout)
    most, least = size.zoom * layout.width, 0.75 * layout.width
    style = f"display:block;width:100%;max-width:{most:.0f}px;min-width:{least:.0f}px"
    return (
        f'<div style="overflow-x:auto"><svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="{_text(drawing.description)}" '
        f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" style="{style}" '
        f'font-size="{size.font:g}" fill="currentColor" text-anchor="middle">'
        f"{''.join(parts)}</svg></div>"
    )


def _layout(layers: Sequence[Layer], size: Size) -> _Layout:
    """A heading above, the layers from left to right, and what is not drawn below."""
    head, foot = 2.6 * size.font, 1.6 * size.font
    rows = max(size.side, size.row * max(len(layer.units) for layer in layers))
    middle, gap = head + rows / 2, max(size.gap * min(1, 3 / len(layers)), 3.4 * size.font)
    places, x = [], size.side
    for layer in layers:
        wide = 1.15 * size.row if any(unit.picture is not None for unit in layer.units) else 0
        left, x = x + gap, x + gap + wide
        top = middle - size.row * (len(layer.units) - 1) / 2
        places.append(_Place(x, [top + size.row * i for i in range(len(layer.units))], left))
    letters = max(map(_letters, layers[-1].units))
    return _Layout(places, x + size.font * (1.7 + 0.6 * letters), head + rows + foot, middle, gap)


def _text(text: str) -> str:
    """Text from outside as text of a document."""
    return html.escape(text.encode(errors="replace").decode())


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def _letters(unit: Unit) -> int:
    return len(_short(unit.name)) + len(unit.value) + 1


def _heading(number: int, word: str, x: float, size: Size) -> str:
    return (
        f'<text x="{x:.0f}" y="{size.font:g}" font-weight="600">{number:,}</text>'
        f'<text x="{x:.0f}" y="{2 * size.font:g}" font-size="{size.font - 2:g}">{word}</text>'
    )


def _input(drawing: Drawing, layout: _Layout, size: Size) -> list[str]:
    """The picture, and a line from it to each unit of the first layer, as strong as it is lit."""
    side, middle, first = size.side, layout.middle, layout.places[0]
    frame = f'y="{middle - side / 2:.0f}" width="{side:g}" height="{side:g}"'
    parts = [_heading(28 * 28, "pixels", side / 2, size)]
    if drawing.picture is None:
        parts.append(f'<rect x="0" {frame} fill="none" stroke="currentColor" opacity=".5"/>')
    else:
        url = png_url(drawing.picture)
        parts.append(f'<image x="0" {frame} href="{url}" style="image-rendering:pixelated"/>')
    n = len(first.ys)
    starts = [middle + side * ((i + 0.5) / n - 0.5) for i in range(n)]
    levels = np.array([unit.level for unit in drawing.layers[0].units])
    is_lit = len(drawing.layers) > 1 and bool(np.any(levels))
    ends = zip(starts, first.ys, strict=True)
    paths = [(side, start, first.left, end) for start, end in ends]
    return parts + _strokes(paths, levels if is_lit else None)


def _lines(strengths: NDArray[np.floating] | None, one: _Place, other: _Place) -> list[str]:
    pairs = [(y, end) for y in one.ys for end in other.ys]
    paths = [(one.x, y, other.left, end) for y, end in pairs]
    return _strokes(paths, None if strengths is None else strengths.ravel())


def _strokes(
    paths: Sequence[tuple[float, float, float, float]], strengths: NDArray[np.floating] | None
) -> list[str]:
    """Lines, the strongest on top; one path for all of the same strength."""
    if strengths is None:
        return [_path(paths, "currentColor", 1, 0.22)] if paths else []
    parts = []
    levels = np.where(np.abs(strengths) < WEAKEST, 0, np.ceil(np.abs(strengths) * LEVELS))
    for level in range(1, LEVELS + 1):
        for sign, color in ((1, ORANGE), (-1, BLUE)):
            chosen = np.flatnonzero((levels == level) & (np.sign(strengths) == sign)).tolist()
            if len(chosen):
                share = level / LEVELS
                some = [paths[i] for i in chosen]
                parts.append(_path(some, color, 0.5 + 2.5 * share, 0.15 + 0.75 * share))
    return parts


def _path(
    paths: Sequence[tuple[float, float, float, float]], color: str, width: float, opacity: float
) -> str:
    d = "".join(f"M{x:.0f} {y:.0f}L{x2:.0f} {y2:.0f}" for x, y, x2, y2 in paths)
    return (
        f'<path d="{d}" fill="none" stroke="{color}" stroke-width="{width:.2g}" '
        f'opacity="{opacity:.2g}"/>'
    )


def _layer(layer: Layer, place: _Place, size: Size, layout: _Layout) -> list[str]:
    middle, small = (place.left + place.x) / 2, size.font - 1.5
    parts = [_heading(layer.size, layer.word, middle, size)]
    units = zip(layer.units, place.ys, strict=True)
    parts += [part for unit, y in units for part in _unit(unit, place, y, size)]
    if more := layer.size - len(layer.units):
        words = f"+ {more:,} more" if layout.gap > 5.5 * size.font else f"+{more:,}"
        y = layout.height - 0.4 * size.font
        parts.append(f'<text x="{middle:.0f}" y="{y:.0f}" font-size="{small:g}">{words}</text>')
    return parts


def _unit(unit: Unit, place: _Place, y: float, size: Size) -> list[str]:
    radius = min(size.row / 2 - 1.5, 7)
    parts = [f"<g><title>{_text(unit.label)}</title>"]
    if unit.picture is not None:
        side = size.row - 4
        parts.append(
            f'<image x="{place.left:.0f}" y="{y - side / 2:.0f}" width="{side:g}" '
            f'height="{side:g}" href="{webp_url(unit.picture)}"/>'
        )
    circle = f'cx="{place.x:.0f}" cy="{y:.0f}" r="{radius:g}"'
    parts.append(f'<circle {circle} style="fill:Canvas" stroke="currentColor"/>')
    if unit.level and math.isfinite(unit.level):
        color = ORANGE if unit.level > 0 else BLUE
        parts.append(f'<circle {circle} fill="{color}" opacity="{abs(unit.level):.2g}"/>')
    if unit.name:
        value = f'<tspan dx="{size.font / 2:g}" opacity=".7">{_text(unit.value)}</tspan>'
        parts.append(
            f'<text x="{place.x + radius + 5:.0f}" y="{y + 0.35 * size.font:.0f}" '
            f'text-anchor="start">{_text(_short(unit.name))}{value if unit.value else ""}</text>'
        )
    return [*parts, "</g>"]
