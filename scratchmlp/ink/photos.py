"""Finds the ink in a picture: a scan, a screenshot, a phone's photo of a page.

`contrast` says how much each pixel differs from the paper around it, `pieces` which of the ink is
the digit.
"""

import io
import warnings
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scratchmlp.errors import UserError
from scratchmlp.ink import pieces
from scratchmlp.ink.contrast import contrast
from scratchmlp.ink.pieces import Pieces
from scratchmlp.ink.preparation import Ink

PICTURE_FORMATS = ("PNG", "JPEG", "WEBP")
MAX_FILE_BYTES = 30_000_000
MAX_PIXELS = 25_000_000  # of any picture
MAX_EDGE = 800  # pixels of the longer edge after scaling: enough for a digit, and fast


class Photo(NamedTuple):
    """A picture, uint8 (h, w, 3), and the pieces of ink in it."""

    colours: NDArray[np.uint8]
    found: Pieces

    def ink(self, taken: Collection[int] | None = None) -> Ink:
        """The ink of some pieces, by their labels, or of those that were found to be the digit."""
        return pieces.ink(self.found, taken)


def extract_ink(data: bytes) -> Ink:
    """The ink of the digit in a picture: float (h, w), 0 paper and 1 ink. It raises as `read`."""
    return read(data).ink()


def read(data: bytes) -> Photo:
    """A PNG, JPEG or WebP file, and the ink in it.

    It handles dark ink on light paper and the reverse, transparency, rotation by EXIF, shadows and
    ruled paper.

    Raises
    ------
    UserError
        The file is not such a picture, or it is too large or incomplete.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UserError(f"This file is too large: at most {MAX_FILE_BYTES // 1_000_000} MB.")
    colours = _colours(data)
    return Photo(colours, pieces.find(contrast(colours.astype(np.float32) / 255)))


def _colours(data: bytes) -> NDArray[np.uint8]:
    """The picture, upright, with a longer edge of at most `MAX_EDGE` pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours
            picture = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
        _check_size(picture)
        picture.draft("RGB", (MAX_EDGE, MAX_EDGE))
        return _to_colours(picture)
    except Image.DecompressionBombError as error:
        raise _too_large("far too many pixels", MAX_PIXELS) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(
            "This file is not a picture that can be read: send a PNG, JPEG or WebP."
        ) from error


def _check_size(picture: Image.Image) -> None:
    """Raise a `UserError` if the picture may need more than 0.5 seconds or 100 MB."""
    limit = _largest(picture)
    if picture.width * picture.height > limit:
        raise _too_large(f"{picture.width:,} x {picture.height:,} pixels", limit)


def _largest(picture: Image.Image) -> int:
    """How many pixels a picture of this kind may have (docs/experiments.md)."""
    if picture.format == "JPEG" and "progressive" not in picture.info:
        return MAX_PIXELS  # it is decoded at a lower resolution
    if picture.format == "WEBP":
        return 6_000_000
    return 8_000_000 if picture.has_transparency_data else 10_000_000


def _too_large(size: str, limit: int) -> UserError:
    return UserError(
        f"This picture is too large ({size}): at most {limit // 1_000_000} megapixels. "
        "Make it smaller, and send it again."
    )


def _to_colours(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits and more
        wide = np.array(picture, dtype=np.float32)
        wide -= wide.min()
        wide *= 255 / max(wide.max(), 1)
        picture = Image.fromarray(wide.clip(0, 255, out=wide).astype(np.uint8))
    # Every copy of a large picture takes time and memory: it becomes small first.
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    picture = picture.reduce(max(1, max(picture.size) // MAX_EDGE))
    if picture.mode == "RGBA":
        picture = _on_paper(picture)
    picture = ImageOps.exif_transpose(picture).convert("RGB")
    picture.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(picture)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Replace transparency by black if the rest is light, and by white if it is dark."""
    pixels = np.asarray(picture.convert("LA"), dtype=float)
    light, alpha = pixels[..., 0], pixels[..., 1]
    mean = (light * alpha).sum() / max(alpha.sum(), 1)
    paper = Image.new("RGBA", picture.size, "black" if mean > 127 else "white")
    return Image.alpha_composite(paper, picture)
