"""Finds the ink in a picture: a scan, a screenshot, a phone's photo of a page.

`contrast` says how much each pixel differs from the paper around it, `pieces` which of the ink is
the digit.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scratchmlp.errors import UserError
from scratchmlp.ink import pictures, pieces, polarity
from scratchmlp.ink.contrast import contrast
from scratchmlp.ink.pictures import MAX_FILE_BYTES
from scratchmlp.ink.pieces import Pieces
from scratchmlp.ink.types import Ink

MAX_EDGE = 800  # pixels of the longer edge after scaling: enough for a digit, and fast

ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held


class Area(NamedTuple):
    """A rectangle in an upright picture, in shares of its width and height."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def within(self, inner: "Area") -> "Area":
        """The part of this area that `inner` is, which is in shares of this one."""
        return Area(
            self.left + inner.left * self.width,
            self.top + inner.top * self.height,
            inner.width * self.width,
            inner.height * self.height,
        )


WHOLE = Area()


class Photo(NamedTuple):
    """A picture, uint8 (h, w, 3), and the pieces of ink in it."""

    colours: NDArray[np.uint8]
    found: Pieces

    def ink(self, taken: Collection[int] | None = None) -> Ink:
        """The ink of some pieces, by their labels, or of those that were found to be the digit."""
        return pieces.ink(self.found, taken)


def area_of(data: bytes, box: tuple[int, int, int, int]) -> Area:
    """An area from pixels of the upright picture: left, top, width, height.

    Raises
    ------
    UserError
        The file is not a picture, or the box is not in it.
    """
    with pictures.opened(data, pictures.MAX_PIXELS) as picture:
        width, height = picture.size
        if picture.getexif().get(ORIENTATION, 1) >= 5:  # it lies on its side
            width, height = height, width
    x, y, w, h = box
    if x < 0 or y < 0 or w < 1 or h < 1 or x + w > width or y + h > height:
        raise UserError(f"The crop {x},{y},{w},{h} is not within {width:,} x {height:,} pixels.")
    return Area(x / width, y / height, w / width, h / height)


def extract_ink(data: bytes) -> Ink:
    """The ink of the digit in a picture's file: float (h, w), 0 paper and 1 ink; see `read`."""
    return read(data).ink()


def read(data: bytes, area: Area = WHOLE) -> Photo:
    """An area of a picture's file, and the ink in it.

    It handles dark ink on light paper and the reverse, transparency, rotation by EXIF, shadows and
    ruled paper.

    Raises
    ------
    UserError
        The file is not such a picture, or it is too large or incomplete.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UserError(f"This file is too large: at most {MAX_FILE_BYTES // 1_000_000} MB.")
    edge = MAX_EDGE if area == WHOLE else 2 * MAX_EDGE
    with pictures.opened(data, edge) as picture:
        upright = _upright(picture, edge)
    colours = _colours(upright, area)
    return Photo(colours, pieces.find(contrast(colours)))


def _upright(picture: Image.Image, edge: int) -> Image.Image:
    """The picture, upright, RGB or grey, with a longer edge of at least `edge` if it has more."""
    picture = pictures.to_8_bits(picture, from_darkest=True)
    # Every copy of a large picture takes time and memory: it becomes small first.
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    picture = picture.reduce(max(1, max(picture.size) // edge))
    if picture.mode == "RGBA":
        picture = polarity.on_paper(picture)
    return ImageOps.exif_transpose(picture)


def _colours(picture: Image.Image, area: Area) -> NDArray[np.uint8]:
    """An area of the picture with a longer edge of at most `MAX_EDGE` pixels."""
    if area != WHOLE:
        left, top = round(area.left * picture.width), round(area.top * picture.height)
        right = left + max(1, round(area.width * picture.width))
        bottom = top + max(1, round(area.height * picture.height))
        picture = picture.crop((left, top, right, bottom))
    picture = picture.convert("RGB")
    picture.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(picture)
