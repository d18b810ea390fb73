"""How far ink can grow before it fills a hole, closes an opening or joins two strokes.

A hole is paper that the ink encloses: an 8 has two. An opening leads into a bay, as in a 3 or a 6.
A hole keeps some room. An opening keeps some width if it is wide enough to be meant, because many
people leave a small one where they want to close a line. docs/experiments.md says how the figures
were chosen.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

HOLE = 5.0  # pixels of a fine picture, five for each of the box: the radius that a hole keeps
OPENING = 2.5  # half of the width that an opening, or the space between two strokes, keeps
MEANT = 4.0  # half of the width of an opening, or of a space, that is wide enough to be meant
SMALL = 2.0  # half of the width of an opening that is closed in any case
EIGHT = np.ones((3, 3))  # ink is connected across corners, paper is not

Mask = NDArray[np.bool_]
Distance = NDArray[np.floating]
Labels = NDArray[np.integer]


def growth(ink: Mask, grow: float) -> Distance:
    """Pixels by which the outline may move outwards near each pixel of paper, at most `grow`.

    The corner of the picture must be paper.
    """
    to_ink, nearest = ndimage.distance_transform_edt(~ink, return_indices=True)
    papers, _ = ndimage.label(~ink)
    limit = _hole_limits(papers, to_ink, grow)
    between = _openings(papers, to_ink > limit) | _between_parts(ink, nearest)
    between &= (to_ink >= MEANT) & (to_ink <= grow + OPENING)
    if between.any():
        away, place = ndimage.distance_transform_edt(~between, return_indices=True)
        near = np.maximum(to_ink[tuple(place)] - OPENING, 0)
        limit = np.minimum(limit, near + np.maximum(away - grow, 0))
    return limit


def _hole_limits(papers: Labels, to_ink: Distance, grow: float) -> Distance:
    """`grow` outside of holes; in a hole as much as leaves a disc of radius `HOLE`, or nothing.

    A bay counts as a hole too if `SMALL` pixels of growth close its opening.
    """
    limit = np.full(to_ink.shape, grow)
    for closed in (0.0, min(SMALL, grow)):
        regions, n = ndimage.label(to_ink > closed)
        if n > 1:
            radius = ndimage.maximum(to_ink, regions, np.arange(n + 1))
            radius[[0, regions[0, 0]]] = np.inf
            kept = np.clip(radius - HOLE, closed, grow)
            limit = np.minimum(limit, kept[_spread(regions, papers)])
    return limit


def _openings(papers: Labels, left: Mask) -> Mask:
    """Where two regions of the paper that is left would meet, if there were more of it."""
    regions, n = ndimage.label(left)
    if len(set(ndimage.maximum(papers, regions, np.arange(1, n + 1)))) == n:
        return np.zeros_like(left)
    return _borders(_spread(regions, papers))


def _spread(regions: Labels, papers: Labels) -> Labels:
    """For each pixel the nearest region; 0 if that lies in another paper than the pixel."""
    nearest = ndimage.distance_transform_edt(
        regions == 0, return_distances=False, return_indices=True
    )
    place = tuple(nearest)
    return np.where(papers[place] == papers, regions[place], 0)


def _between_parts(ink: Mask, nearest: Labels) -> Mask:
    """Paper that is equally far from two parts of the ink."""
    parts, n = ndimage.label(ink, EIGHT)
    return _borders(parts[tuple(nearest)]) if n > 1 else np.zeros_like(ink)


def _borders(cells: Labels) -> Mask:
    """Pixels with two cells among their neighbours; 0 is no cell."""
    lowest = ndimage.minimum_filter(np.where(cells > 0, cells, cells.max() + 1), 3)
    highest = ndimage.maximum_filter(cells, 3)
    return lowest < highest
