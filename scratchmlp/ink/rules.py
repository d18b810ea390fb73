"""Removes the lines of ruled and squared paper where they cross the strokes."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

REACH = 0.2  # of the picture: a line is followed in pieces of this length
SPAN = 0.7  # of the picture: a shorter line is no rule
THIN = 0.012  # of the picture: a thicker line is a stroke
SLOPE = 4  # pixels by which a line may rise on its way


def without(mask: Mask) -> Mask:
    """The ink without rules, unless nothing else is left."""
    rest = _without_level_lines(_without_level_lines(mask).T).T
    return rest if rest.sum() > 0.02 * mask.sum() else mask


def _without_level_lines(mask: Mask) -> Mask:
    if not _may_have_lines(mask):
        return mask
    lines = _level_lines(mask)
    if not lines.any():
        return mask
    upper_edges = lines & ~np.pad(lines, ((1, 0), (0, 0)))[:-1]
    thick = int(lines.sum() / max(upper_edges.sum(), 1) + 2)
    strokes = ndimage.binary_opening(mask, np.ones((thick + 1, 1), dtype=bool))
    return mask & ~(lines & ~strokes)


def _may_have_lines(mask: Mask) -> bool:
    """Whether some band of the picture has ink in most of its columns."""
    height, width = mask.shape
    band = max(1, height // 30)
    bands: Mask = mask[: height // band * band].reshape(-1, band, width).max(axis=1)
    pairs = bands[1:] | bands[:-1]
    return bool((pairs.sum(axis=1) >= 0.8 * SPAN * width).any())


def _level_lines(mask: Mask) -> Mask:
    """Ink on thin lines that go across most of the picture, nearly level."""
    height, width = mask.shape
    limit = max(3, round(THIN * max(height, width)))
    thin = mask & ~ndimage.binary_opening(mask, np.ones((limit + 1, 1), dtype=bool))
    smeared = ndimage.maximum_filter1d(thin, 2 * SLOPE + 1, axis=0)
    reach = max(3, round(REACH * width))
    share = ndimage.uniform_filter1d(smeared.astype(np.float32), reach, axis=1, mode="nearest")
    followed = ndimage.maximum_filter1d((share > 0.85) & smeared, reach // 2, axis=1) & thin
    labels, n = ndimage.label(ndimage.maximum_filter1d(followed, 2 * SLOPE + 1, axis=0) | followed)
    if not n:
        return followed
    boxes = [box[1] for box in ndimage.find_objects(labels)]
    rules = [i for i, box in enumerate(boxes, 1) if _is_rule(box.start, box.stop, width)]
    return followed & np.isin(labels, rules)


def _is_rule(begin: int, end: int, width: int) -> bool:
    """A rule goes across most of the picture, and reaches its edge."""
    return end - begin >= SPAN * width and (begin < 0.03 * width or end > 0.97 * width)
