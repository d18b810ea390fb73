"""People's drawings for the benchmarks: read from a file, and drawn and prepared in many ways.

The drawings are strokes of real writers, one JSON object per line: writer, label, strokes. They are
drawn on a canvas of 280 pixels, at random sizes and positions unless a variant says otherwise.
"""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.errors import UserError
from scratchmlp.ink import preparation, strokes
from scratchmlp.ink.strokes import Strokes
from scratchmlp.ink.types import SIDE, Ink

CANVAS, BRUSH, SIZES = 280, 16.0, (140.0, 220.0)
VARIED = 4  # every fourth drawing is drawn in all variants
BRUSHES, HEIGHTS = (4.0, 6.0, 10.0, 16.0, 24.0, 30.0), (60.0, 110.0, 250.0)  # pixels

STAGES: dict[str, Callable[[Ink], NDArray[np.uint8]]] = {
    "plain resize": preparation.plain_resize,
    "cropped and fitted": lambda ink: _centred(preparation.fit(preparation.crop(ink))),
    "and centred by mass": preparation.as_mnist,
    "and strokes as thick as MNIST's": preparation.prepare,
}


class WriterDrawing(NamedTuple):
    """A digit that somebody drew, as strokes."""

    writer: int
    label: int
    strokes: Strokes


def load(file: Path) -> list[WriterDrawing]:
    """The drawings of a file, gzipped or not."""
    try:
        data = file.read_bytes()
        text = gzip.decompress(data) if file.suffix == ".gz" else data
        rows = [json.loads(line) for line in text.splitlines()]
        return [
            WriterDrawing(r["writer"], int(r["label"]), strokes.check(r["strokes"])) for r in rows
        ]
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise UserError(f"The strokes in {file} cannot be read ({error}).") from error


def sample(drawings: list[WriterDrawing], writers: int, each: int) -> list[WriterDrawing]:
    """`each` drawings of each of `writers` writers, always the same ones."""
    rng, sample = np.random.default_rng(0), []
    everybody = sorted({drawing.writer for drawing in drawings})
    for who in everybody[:: max(1, len(everybody) // writers)][:writers]:
        own = [drawing for drawing in drawings if drawing.writer == who]
        sample += [own[i] for i in rng.permutation(len(own))[:each]]
    return sample


def draw(
    pen_strokes: Strokes, rng: np.random.Generator, brush: float, sizes: tuple[float, float]
) -> Ink:
    """The ink of the strokes on the canvas, at a random size and position."""
    size = rng.uniform(*sizes)
    edge = size / 2 + brush / 2
    x, y = rng.uniform(edge, CANVAS - edge, 2)
    return strokes.render(strokes.place(pen_strokes, size, (float(x), float(y))), brush, CANVAS)


class PreparedDrawings:
    """The drawings as pictures for a network, prepared once for all presets."""

    def __init__(self, drawings: list[WriterDrawing]) -> None:
        self.drawings, self.varied = drawings, drawings[::VARIED]
        self.inks = _inks(self.varied)
        self.images = np.stack([preparation.prepare(ink) for ink in _inks(drawings)])
        self.labels = labels_of(drawings)
        brushes = {f"brush of {brush:.0f} pixels": _inks(self.varied, brush) for brush in BRUSHES}
        heights = {f"{h:.0f} pixels tall": _inks(self.varied, sizes=(h, h)) for h in HEIGHTS}
        variants = {name: (self.inks, stage) for name, stage in STAGES.items()}
        variants |= {
            name: (inks, preparation.prepare) for name, inks in (brushes | heights).items()
        }
        self.variants = {
            name: np.stack([stage(ink) for ink in inks]) for name, (inks, stage) in variants.items()
        }


def labels_of(drawings: list[WriterDrawing]) -> NDArray[np.int64]:
    return np.array([drawing.label for drawing in drawings])


def _inks(
    drawings: list[WriterDrawing], brush: float = BRUSH, sizes: tuple[float, float] = SIZES
) -> list[Ink]:
    rng = np.random.default_rng(0)
    return [draw(drawing.strokes, rng, brush, sizes) for drawing in drawings]


def _centred(fitted: Ink) -> NDArray[np.uint8]:
    sheet = np.zeros((SIDE, SIDE))
    top, left = ((SIDE - length) // 2 for length in fitted.shape)
    sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return preparation.to_uint8(sheet)
