"""The ink in a picture somebody sends: a scan, a screenshot, a phone's photo of a page.

Nobody says what is ink and what is paper, so it is worked out: paper is what most of the picture
is, near any place; ink is what differs from it, the way most of what differs does.
"""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

from scratchmlp.errors import UserError
from scratchmlp.ink.preparation import Ink

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 30_000_000
MAX_PIXELS = 25_000_000
SIDE = 800  # pixels of the longer edge that are looked at: enough for a digit, quick to go through

Grey = NDArray[np.floating]


def ink_of(data: bytes) -> Ink:
    """The ink in a PNG, JPEG or WebP file: float (h, w), 0 paper and 1 ink.

    Dark on light and light on dark, transparency, the camera's rotation (EXIF), shadows and ruled
    paper are seen to.

    Raises
    ------
    UserError
        It is not such a picture, or too large, or cut short.
    """
    if len(data) > MAX_BYTES:
        raise UserError(f"This file is too large: at most {MAX_BYTES // 1_000_000} MB.")
    return _ink(_grey(data))


def _grey(data: bytes) -> Grey:
    """float (h, w) in [0, 1], upright, the longer edge at most `SIDE`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise _too_large(f"{picture.width:,} x {picture.height:,} pixels")
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG need not be decoded in full
        return _levels(ImageOps.exif_transpose(picture))
    except Image.DecompressionBombError as error:
        raise _too_large("far too many pixels") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(
            "This file is not a picture that can be read: send a PNG, JPEG or WebP."
        ) from error


def _too_large(size: str) -> UserError:
    return UserError(
        f"This picture is too large ({size}): at most {MAX_PIXELS // 1_000_000} megapixels."
    )


def _levels(picture: Image.Image) -> Grey:
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits and more
        wide = np.asarray(picture, dtype=np.float64)
        picture = Image.fromarray((wide / max(wide.max(), 1) * 255).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = _on_paper(picture.convert("RGBA"))
    picture = picture.convert("L")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(picture, dtype=np.float32) / 255


def _on_paper(picture: Image.Image) -> Image.Image:
    """Lay what is transparent on black where the rest is light, and on white where it is dark."""
    pixels = np.asarray(picture.convert("LA"), dtype=float)
    light, alpha = pixels[..., 0], pixels[..., 1]
    mean = (light * alpha).sum() / max(alpha.sum(), 1)
    paper = Image.new("RGBA", picture.size, "black" if mean > 127 else "white")
    return Image.alpha_composite(paper, picture)


def _ink(grey: Grey) -> Ink:
    values, counts = np.unique((grey * 255).round(), return_counts=True)
    paper = values[counts.argmax()] / 255
    is_drawn = (np.abs(grey - paper) < 0.02).mean() > 0.4  # no camera sees one grey so often
    contrast = np.abs(grey - paper) if is_drawn else _uneven(grey)
    full = contrast.max()
    if full < 0.1:
        return np.zeros_like(grey)
    return np.clip(contrast / full, 0, 1)


def _uneven(grey: Grey) -> Grey:
    """Contrast to the paper near each place, on the side of light or dark that has more of it."""
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
