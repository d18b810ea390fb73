"""Finds the ink in a picture: a scan, a screenshot, a phone's photo of a page.

The paper is the most frequent brightness near each place. The ink is what is darker than the paper,
or what is lighter, whichever there is more of.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

from scratchmlp.errors import UserError
from scratchmlp.ink import pictures, polarity
from scratchmlp.ink.pictures import MAX_FILE_BYTES
from scratchmlp.ink.preparation import Ink

MAX_EDGE = 800  # pixels of the longer edge after scaling: enough for a digit, and fast

Grey = NDArray[np.floating]  # (h, w) in [0, 1]


def extract_ink(data: bytes) -> Ink:
    """The ink in a picture's file: float (h, w), 0 paper and 1 ink.

    It handles dark ink on light paper and the reverse, transparency, rotation by EXIF, shadows and
    ruled paper.

    Raises
    ------
    UserError
        The file is not such a picture, or it is too large or incomplete.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UserError(f"This file is too large: at most {MAX_FILE_BYTES // 1_000_000} MB.")
    with pictures.opened(data, MAX_EDGE) as picture:
        return _ink(_grey(picture))


def _grey(picture: Image.Image) -> Grey:
    """The picture, upright, with a longer edge of at most `MAX_EDGE` pixels."""
    picture = pictures.to_8_bits(picture)
    # Every copy of a large picture takes time and memory: it becomes small first.
    picture = picture.convert("RGBA" if picture.has_transparency_data else "L")
    picture = picture.reduce(max(1, max(picture.size) // MAX_EDGE))
    if picture.mode == "RGBA":
        picture = polarity.on_paper(picture)
    picture = ImageOps.exif_transpose(picture).convert("L")
    picture.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(picture, dtype=np.float32) / 255


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
