"""Finds the ink in a picture: a scan, a screenshot, a phone's photo of a page.

The paper is the most frequent brightness near each place. The ink is what is darker than the paper,
or what is lighter, whichever there is more of.
"""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

from scratchmlp.errors import UserError
from scratchmlp.ink.preparation import Ink

PICTURE_FORMATS = ("PNG", "JPEG", "WEBP")
MAX_FILE_BYTES = 30_000_000
MAX_PIXELS = 25_000_000  # of any picture
MAX_EDGE = 800  # pixels of the longer edge after scaling: enough for a digit, and fast

Grey = NDArray[np.floating]  # (h, w) in [0, 1]


def extract_ink(data: bytes) -> Ink:
    """The ink in a PNG, JPEG or WebP file: float (h, w), 0 paper and 1 ink.

    It handles dark ink on light paper and the reverse, transparency, rotation by EXIF, shadows and
    ruled paper.

    Raises
    ------
    UserError
        The file is not such a picture, or it is too large or incomplete.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UserError(f"This file is too large: at most {MAX_FILE_BYTES // 1_000_000} MB.")
    return _ink(_grey(data))


def _grey(data: bytes) -> Grey:
    """The picture, upright, with a longer edge of at most `MAX_EDGE` pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours
            picture = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
        _check_size(picture)
        picture.draft("RGB", (MAX_EDGE, MAX_EDGE))
        return _to_grey(picture)
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


def _to_grey(picture: Image.Image) -> Grey:
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits and more
        wide = np.array(picture, dtype=np.float32)
        wide *= 255 / max(wide.max(), 1)
        picture = Image.fromarray(wide.clip(0, 255, out=wide).astype(np.uint8))
    # Every copy of a large picture takes time and memory: it becomes small first.
    picture = picture.convert("RGBA" if picture.has_transparency_data else "L")
    picture = picture.reduce(max(1, max(picture.size) // MAX_EDGE))
    if picture.mode == "RGBA":
        picture = _on_paper(picture)
    picture = ImageOps.exif_transpose(picture).convert("L")
    picture.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(picture, dtype=np.float32) / 255


def _on_paper(picture: Image.Image) -> Image.Image:
    """Replace transparency by black if the rest is light, and by white if it is dark."""
    pixels = np.asarray(picture.convert("LA"), dtype=float)
    light, alpha = pixels[..., 0], pixels[..., 1]
    mean = (light * alpha).sum() / max(alpha.sum(), 1)
    paper = Image.new("RGBA", picture.size, "black" if mean > 127 else "white")
    return Image.alpha_composite(paper, picture)


def _ink(grey: Grey) -> Ink:
    values, counts = np.unique((grey * 255).round(), return_counts=True)
    paper = values[counts.argmax()] / 255
    is_drawn = (np.abs(grey - paper) < 0.02).mean() > 0.4  # a photo has no grey so often
    contrast = np.abs(grey - paper) if is_drawn else _local_contrast(grey)
    full = contrast.max()
    if full < 0.1:
        return np.zeros_like(grey)
    return np.clip(contrast / full, 0, 1)


def _local_contrast(grey: Grey) -> Grey:
    """Contrast to the paper near each place: darker or lighter, whichever there is more of."""
    window = max(grey.shape) // 6 | 1
    small = grey[:: max(1, window // 21), :: max(1, window // 21)]
    paper = ndimage.median_filter(small, size=min(21, window))
    paper = np.asarray(
        Image.fromarray(paper).resize(grey.shape[::-1], Image.Resampling.BICUBIC), dtype=np.float32
    )
    difference = grey - paper
    dark, light = np.maximum(-difference, 0), np.maximum(difference, 0)
    contrast = dark if (dark**2).sum() >= (light**2).sum() else light
    cut = 0.5 * np.quantile(contrast, 0.995)
    return np.where(contrast > cut, contrast, 0)
