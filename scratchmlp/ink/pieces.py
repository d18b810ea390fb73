"""The pieces of ink in a picture: where they are, and the ink of some of them."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scratchmlp.ink import judgement, outlines, rules
from scratchmlp.ink.piece import Piece

Mask = NDArray[np.bool_]
Plane = NDArray[np.floating]

MAX_PIECES = 60  # the largest ones are looked at
MARGIN = 12  # pixels around the ink, for its soft edges
HARDLY = 0.1  # of the ink is inside of its outline: strokes of one or two pixels
THINNEST = 0.02  # of the height of the strokes: thinner ones would break
EIGHT = np.ones((3, 3), dtype=bool)


class Pieces(NamedTuple):
    """All pieces, the largest first; `labels` (h, w) says which pixel is of which."""

    contrast: Plane
    labels: NDArray[np.integer]
    pieces: list[Piece]


def find(contrast: Plane) -> Pieces:
    """The pieces in a picture, judged."""
    mask = _mask(contrast)
    mask = rules.without(mask)
    labels, n = _connected(mask)
    pieces = _measured(contrast, labels, n)
    return Pieces(contrast, labels, judgement.judged(pieces, labels))


def _connected(mask: Mask) -> tuple[NDArray[np.integer], int]:
    """The connected parts; strokes that are very thin may have gaps."""
    is_thin = ndimage.binary_erosion(mask, EIGHT).sum() < HARDLY * mask.sum()
    reach = max(mask.shape) // 60 if is_thin else 0
    joined = ndimage.binary_dilation(mask, EIGHT, iterations=reach) if reach else mask
    labels, n = ndimage.label(joined, EIGHT)
    return np.where(mask, labels, 0), n


def ink(found: Pieces, taken: Collection[int] | None = None) -> Plane:
    """The ink of some pieces, by their labels, or of all that have no reason to be left out."""
    if taken is None:
        taken = [piece.label for piece in found.pieces if not piece.reason]
    own = [piece for piece in found.pieces if piece.label in taken]
    if not own:
        return np.zeros_like(found.contrast)
    height, width = found.contrast.shape
    rows = slice(max(0, min(p.top for p in own) - MARGIN), max(p.bottom for p in own) + MARGIN)
    columns = slice(max(0, min(p.left for p in own) - MARGIN), max(p.right for p in own) + MARGIN)
    sheet = np.zeros((height, width), dtype=np.float32)
    sheet[rows, columns] = _ink(found.contrast[rows, columns], found.labels[rows, columns], own)
    return sheet


def _ink(contrast: Plane, labels: NDArray[np.integer], own: list[Piece]) -> Plane:
    mask = np.isin(labels, [piece.label for piece in own])
    near = ndimage.binary_dilation(mask, EIGHT, iterations=2) & (mask | (labels == 0))
    strength = max(piece.contrast for piece in own)
    drawn = np.where(near, (contrast / strength).clip(0, 1), 0)
    drawn = np.where(outlines.fill(mask) & ~mask, 1, drawn)
    return _visible(drawn, mask, max(piece.height for piece in own))


def _visible(drawn: Plane, mask: Mask, height: int) -> Plane:
    """Strokes that are very thin for their height become thicker, so that they stay whole."""
    radius = ndimage.distance_transform_edt(mask).max()
    least = round(THINNEST * height)
    if 2 * radius >= least:
        return drawn
    grown: Plane = ndimage.grey_dilation(drawn, (least, least))
    return grown


def _mask(contrast: Plane) -> Mask:
    """Where there is ink: each connected part has a threshold of its own (Otsu 1979)."""
    background = contrast[contrast > 0]
    if not background.size:
        return np.zeros(contrast.shape, dtype=bool)
    low = max(0.03, 0.12 * float(np.quantile(background, 0.995)), 6 * _noise(contrast))
    labels, n = ndimage.label(contrast > low, EIGHT)
    areas = np.bincount(labels.ravel(), minlength=n + 1)
    boxes, mask = ndimage.find_objects(labels), np.zeros(contrast.shape, dtype=bool)
    for label in _largest(areas, MAX_PIECES):
        place = boxes[label - 1]
        own = labels[place] == label
        mask[place] |= own & (contrast[place] > otsu(contrast[place][own], low))
    return mask


def _noise(contrast: Plane) -> float:
    """The standard deviation of the noise, from differences of neighbours."""
    return float(np.median(np.abs(np.diff(contrast[::2], axis=1)))) * 1.05


def _largest(areas: NDArray[np.integer], n: int) -> NDArray[np.integer]:
    order = np.argsort(areas[1:])[::-1][:n] + 1
    return order[areas[order] >= 4]


def otsu(values: Plane, low: float) -> float:
    """The threshold that splits the values into the two most different groups."""
    counts, edges = np.histogram(values, bins=64, range=(low, max(float(values.max()), low + 1e-6)))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    means = sums / np.maximum(below, 1), (sums[-1] - sums) / np.maximum(above, 1)
    return float(edges[1:][np.argmax(below * above * (means[0] - means[1]) ** 2)])


def _measured(contrast: Plane, labels: NDArray[np.integer], n: int) -> list[Piece]:
    areas = np.bincount(labels.ravel(), minlength=n + 1)
    boxes, pieces = ndimage.find_objects(labels), []
    for label in _largest(areas, MAX_PIECES):
        rows, columns = boxes[label - 1]
        own = labels[rows, columns] == label
        box = rows.start, rows.stop, columns.start, columns.stop
        strength = float(np.quantile(contrast[rows, columns][own], 0.9))
        touches = _touches(box, labels.shape)
        number = int(label)
        pieces.append(Piece(*box, number, int(areas[label]), strength, _elongation(own), touches))
    return pieces


def _touches(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> bool:
    top, bottom, left, right = box
    return top <= 1 or left <= 1 or bottom >= shape[0] - 1 or right >= shape[1] - 1


def _elongation(own: Mask) -> float:
    """Length / width of a straight piece, from its second moments."""
    y, x = np.nonzero(own)
    covariance = np.cov(np.stack([y, x])) if len(y) > 2 else np.eye(2)
    small, large = np.linalg.eigvalsh(covariance)
    return float(np.sqrt((large + 1 / 12) / (max(small, 0) + 1 / 12)))
