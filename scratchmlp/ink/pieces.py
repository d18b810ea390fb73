"""The pieces of ink in a picture, and which of them are not the digit.

A piece is connected ink. A piece that touches the picture's edge, a frame, a line beside the
strokes, a speck and what is far fainter are left out, each for a reason that a visitor can read.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scratchmlp.ink import outlines, rules

Mask = NDArray[np.bool_]
Plane = NDArray[np.floating]

MAX_PIECES = 60  # the largest ones are looked at
FAINT = 0.4  # of the digit's contrast: a fainter piece is none of its strokes
SPECK = 0.13  # of the digit's height
NEAR = 0.6  # of a small piece's size: what is farther from the digit is none of its strokes
TALL = 0.5  # of the digit's height: a taller piece is a digit too
MARGIN = 12  # pixels around the ink, for its soft edges
HARDLY = 0.1  # of the ink is inside of its outline: strokes of one or two pixels
THINNEST = 0.02  # of the height of the strokes: thinner ones would break
INSIDE = 0.07  # of the picture: a piece of this size that touches no edge is the digit
STRAIGHT = 8.0  # length / width of a line
EIGHT = np.ones((3, 3), dtype=bool)

EDGE, FRAME, LINE, SMALL, PALE = (
    "touches the edge",
    "frame around the digit",
    "straight line",
    "too small",
    "too faint",
)


class Piece(NamedTuple):
    """Connected ink.

    Attributes
    ----------
    label : its number in `Pieces.labels`.
    reason : why it is left out; empty if it belongs to the digit.
    """

    label: int
    top: int
    bottom: int
    left: int
    right: int
    area: int
    contrast: float
    elongation: float
    touches: bool
    reason: str = ""

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def size(self) -> int:
        return max(self.height, self.width)

    def gap(self, other: "Piece") -> float:
        """Pixels between the two boxes."""
        across = max(self.left, other.left) - min(self.right, other.right)
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        return float(np.hypot(max(across, 0), max(down, 0)))


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
    return Pieces(contrast, labels, _judged(pieces, labels))


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
        strength = float(np.quantile(contrast[rows, columns][own], 0.7))
        touches = _touches(box, labels.shape)
        number = int(label)
        pieces.append(
            Piece(number, *box, int(areas[label]), strength, _elongation(own), touches)
        )
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


def _judged(pieces: list[Piece], labels: NDArray[np.integer]) -> list[Piece]:
    """The pieces with the reasons for which some are left out."""
    pieces = _without(pieces, _edges(pieces, labels.shape), EDGE)
    pieces = _without(pieces, outlines.frames(_taken(pieces), labels), FRAME)
    main = _main(pieces)
    if main is None:
        return pieces
    for reason, is_other in ((LINE, _is_line), (SMALL, _is_small), (PALE, _is_pale)):
        out = {p.label for p in _taken(pieces) if p is not main and is_other(p, main)}
        pieces = _without(pieces, out, reason)
    return pieces


def _taken(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if not piece.reason]


def _without(pieces: list[Piece], labels: set[int], reason: str) -> list[Piece]:
    return [p._replace(reason=reason) if p.label in labels else p for p in pieces]


def _edges(pieces: list[Piece], shape: tuple[int, ...]) -> set[int]:
    """What touches the picture's edge, if something of some size does not."""
    inside = max((p.size for p in pieces if not p.touches), default=0)
    return {p.label for p in pieces if p.touches} if inside > INSIDE * min(shape) else set()


def _main(pieces: list[Piece]) -> Piece | None:
    """The piece that is most likely a digit: large, and rather upright than a line."""
    return max(_taken(pieces), key=_weight, default=None)


def _weight(piece: Piece) -> float:
    likely = 1.0
    if piece.elongation >= STRAIGHT:
        likely = 0.3 if piece.height > piece.width else 0.1
    return likely * piece.size * float(np.sqrt(piece.area))


def _is_line(piece: Piece, main: Piece) -> bool:
    """A line above or below the strokes, or a taller one beside them."""
    if piece.elongation < STRAIGHT:
        return False
    if piece.width > piece.height:
        beside = piece.bottom > main.top and piece.top < main.bottom
        return not beside or piece.width > 1.5 * max(main.width, 0.5 * main.height)
    return piece.height > 1.4 * main.height


def _is_small(piece: Piece, main: Piece) -> bool:
    if piece.size < SPECK * main.height:
        return True
    if piece.height >= TALL * main.height:
        return False
    return piece.gap(main) > NEAR * piece.size


def _is_pale(piece: Piece, main: Piece) -> bool:
    return piece.contrast < FAINT * main.contrast
