"""Tells a frame around a digit from a digit that is drawn as an outline, and fills the outline."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from scratchmlp.ink.piece import Piece

Mask = NDArray[np.bool_]

CONVEX = 0.9  # of its convex hull: a frame fills this much, and the outline of most digits less
LONG = 85.0  # area / mean distance to the edge ** 2: 28 for a disc, 16 n for a stroke of n widths
CONTENT = 0.25  # of a frame's height: what is lower inside is no digit


def frames(pieces: list[Piece], labels: NDArray[np.integer]) -> set[int]:
    """The labels of pieces that go around a digit."""
    found = set()
    for piece in pieces:
        inner = [p for p in pieces if p is not piece and _is_within(p, piece)]
        if any(p.height > CONTENT * piece.height for p in inner):
            place = slice(piece.top, piece.bottom), slice(piece.left, piece.right)
            own = labels[place] == piece.label
            content = np.isin(labels[place], [p.label for p in inner])
            if _is_frame(own, content):
                found.add(piece.label)
    return found


def _is_frame(own: Mask, content: Mask) -> bool:
    """Whether it goes around the content, and is no outline of a digit."""
    filled = filled_holes(own)
    if (content & filled).sum() < 0.9 * content.sum():
        return False
    return _solidity(filled) > CONVEX or not _is_long(filled & ~own & ~filled_holes(content))


def _is_within(inner: Piece, outer: Piece) -> bool:
    return (
        outer.top < inner.top
        and inner.bottom < outer.bottom
        and outer.left < inner.left
        and inner.right < outer.right
    )


def filled_holes(mask: Mask) -> Mask:
    """The mask with its holes, also those whose outline has a gap of a few pixels."""
    reach = max(1, max(mask.shape) // 100)
    grown = ndimage.binary_dilation(np.pad(mask, reach + 1), iterations=reach)
    filled = ndimage.binary_erosion(ndimage.binary_fill_holes(grown), iterations=reach)
    inside: Mask = filled[reach + 1 : -reach - 1, reach + 1 : -reach - 1] | mask
    return inside


def _solidity(mask: Mask) -> float:
    """The share of the convex hull that the mask fills."""
    edge = mask & ~ndimage.binary_erosion(mask)
    try:
        hull = ConvexHull(np.argwhere(edge))
    except QhullError:
        return 1.0
    return float(mask.sum() / max(hull.volume, 1.0))


def _is_long(region: Mask) -> bool:
    if not region.any():
        return False
    distance = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1][region].mean()
    return bool(region.sum() / distance**2 > LONG)


def fill(mask: Mask) -> Mask:
    """The mask, with its long and narrow holes filled: they are inside of a hollow digit."""
    reach = max(1, max(mask.shape) // 200)
    grown = ndimage.binary_dilation(np.pad(mask, reach + 1), iterations=reach)
    holes, n = ndimage.label(~grown)
    filled = np.pad(mask, reach + 1)
    for label in range(2, n + 1):  # the first is outside: it has the corner
        region = holes == label
        if region.sum() > mask.sum() and _is_long(region):  # an outline is thin for its inside
            filled |= ndimage.binary_dilation(region, iterations=reach + 1)
    inside: Mask = filled[reach + 1 : -reach - 1, reach + 1 : -reach - 1]
    return inside
