"""Opens pictures: the one way to read a file, with one limit of pixels.

The page, `predict`, `teach` and folders of pictures use it. What is not a picture is refused by its
name.
"""

import functools
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from scratchmlp.errors import UserError
from scratchmlp.file_kinds import PICTURE_NAMES, PICTURES, READ, kind_of

HEIC = rb".{4}ftyp(heic|heix|heim|heis|hevc|mif1|msf1)"  # how a photo of an iPhone begins
MAX_FILE_BYTES = 30_000_000
MAX_PIXELS = 25_000_000  # of any picture
# Megapixels by Pillow's name of a format: of opaque and of transparent pictures. So none needs more
# than 0.5 seconds or 100 MB (docs/experiments.md).
LIMITS = {"WEBP": (6, 5), "AVIF": (10, 6), "HEIF": (13, 8)}
USUAL_LIMIT = (10, 8)
WIDE_LIMIT = 8  # of more than 8 bits a pixel, which Pillow keeps in 2 or 4 bytes


class PictureError(UserError):
    """A picture cannot be used; `short` says why in a few words, for a list of several."""

    def __init__(self, sentence: str, short: str) -> None:
        super().__init__(sentence)
        self.short = short


@contextmanager
def opened(source: Path | bytes, edge: int) -> Iterator[Image.Image]:
    """A picture whose pixels are not read yet; a JPEG will be read at about `edge` pixels.

    Raises
    ------
    PictureError
        It is not such a picture, or it is too large or incomplete, also while its pixels are read.
    """
    if isinstance(source, Path) and not source.is_file():  # reading a pipe would block
        raise PictureError("This is not a file that can be read.", "not a file")
    file = source if isinstance(source, Path) else io.BytesIO(source)
    if re.match(HEIC, _beginning(source), re.DOTALL):
        _register_heic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours
            picture = Image.open(file, formats=_formats())
        with picture:
            _check_size(picture)
            picture.draft("RGB", (edge, edge))
            yield picture
    except Image.DecompressionBombError as error:
        raise _too_large("far too many pixels", MAX_PIXELS, "") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _refusal(_beginning(source)) from error


@functools.cache
def _register_heic() -> None:
    """Let Pillow read the photos of iPhones. Few need it, and it is a library of 10 MB."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _formats() -> list[str]:
    """All formats that Pillow knows by now."""
    Image.init()
    return [name for name in PICTURES if name in Image.OPEN]


def _beginning(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:READ]
    try:
        with source.open("rb") as file:
            return file.read(READ)
    except OSError:
        return b"?"


def _refusal(beginning: bytes) -> PictureError:
    kind = kind_of(beginning)
    if kind == "a picture":
        sentence = "This picture is damaged or incomplete: send it again."
        return PictureError(sentence, "damaged or incomplete")
    named = f"This is {kind}" if kind else "This file is not a picture that can be read"
    return PictureError(f"{named}: send a {PICTURE_NAMES}.", kind or "not a picture")


def _check_size(picture: Image.Image) -> None:
    """Raise a `UserError` if the picture may need more than 0.5 seconds or 100 MB."""
    limit, pixels = _largest(picture), picture.width * picture.height
    if pixels > limit:
        is_smaller_as_jpeg = picture.format != "JPEG" and pixels <= MAX_PIXELS
        remedy = "Send it as a JPEG, or make it smaller." if is_smaller_as_jpeg else ""
        raise _too_large(f"{picture.width:,} x {picture.height:,} pixels", limit, remedy)


def _largest(picture: Image.Image) -> int:
    """How many pixels a picture of this kind may have (docs/experiments.md)."""
    if picture.format == "JPEG" and "progressive" not in picture.info:
        return MAX_PIXELS  # it is decoded at a lower resolution
    limits = LIMITS.get(str(picture.format), USUAL_LIMIT)
    limit = limits[picture.has_transparency_data]
    is_wide = picture.mode.startswith("I") or picture.mode == "F"
    return 1_000_000 * (min(limit, WIDE_LIMIT) if is_wide else limit)


def _too_large(size: str, limit: int, remedy: str) -> PictureError:
    most = f"at most {limit // 1_000_000} megapixels{' in this format' if remedy else ''}"
    remedy = remedy or "Make it smaller, and send it again."
    return PictureError(f"This picture is too large ({size}): {most}. {remedy}", f"{size}, {most}")


def count_pixels(data: bytes) -> int:
    """The pixels of a picture by its header; 0 of what is none."""
    try:
        with opened(data, MAX_PIXELS) as picture:
            return picture.width * picture.height
    except UserError:
        return 0  # it is not decoded


def to_8_bits(picture: Image.Image, from_darkest: bool = False) -> Image.Image:
    """A picture of 16 bits and more with its values scaled to 8 bits; any other as it is.

    The scale begins at 0, or at the darkest pixel.
    """
    if not picture.mode.startswith("I") and picture.mode != "F":
        return picture
    wide = np.array(picture, dtype=np.float32)
    np.nan_to_num(wide, copy=False)
    if from_darkest:
        wide -= wide.min()
    wide *= 255 / max(wide.max(), 1)
    return Image.fromarray(wide.clip(0, 255, out=wide).astype(np.uint8))
