"""Prepares any ink as MNIST was prepared: 28 x 28, centred, with strokes as thick as MNIST's.

"The original black and white images from NIST were size normalized to fit in a 20x20 pixel box
while preserving their aspect ratio [...] the images were centered in a 28x28 image by computing
the center of mass of the pixels" (LeCun, Cortes and Burges, The MNIST database). Before that, the
strokes get the thickness of MNIST's, because a brush can have any size: see docs/experiments.md.

Ink is a float array (height, width), 0 for paper and 1 for full ink.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from scratchmlp.ink import segmentation, topology
from scratchmlp.ink.types import SIDE, Ink

BOX = 20
THICKNESS = 2.4  # pixels in the box: the median of MNIST's training samples
FINE = 100  # pixels of the longer edge while strokes are thickened: five for each of the box
MARGIN = 25  # pixels around the fine picture, into which strokes can grow


class Stage(NamedTuple):
    """A step of the preparation, and its result: uint8 (h, w), 255 is ink."""

    name: str
    picture: NDArray[np.uint8]


def crop(ink: Ink) -> Ink:
    """The smallest rectangle that contains all ink; an empty picture does not change."""
    if not ink.any():
        return ink
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit(ink: Ink, side: int = BOX) -> Ink:
    """Scale so that the longer edge is `side` pixels, with the same aspect ratio."""
    height, width = ink.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(picture).clip(0, 1)


def centre(ink: Ink, side: int = SIDE) -> Ink:
    """Put the ink on a `side` x `side` sheet, with its centre of mass in the middle.

    It moves by whole pixels, and all of it stays on the sheet.
    """
    corner = []
    for length, middle in zip(ink.shape, _centre_of_mass(ink), strict=True):
        corner.append(int(np.clip(round(side / 2 - middle), 0, side - length)))
    sheet = np.zeros((side, side), dtype=np.float32)
    top, left = corner
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return sheet


def _centre_of_mass(ink: Ink) -> list[float]:
    """Row and column, from the top left corner; (0, 0) without ink."""
    mass = ink.sum() or 1.0
    sums = ink.sum(axis=1), ink.sum(axis=0)
    return [float((s * (np.arange(len(s)) + 0.5)).sum() / mass) for s in sums]


def thickness(ink: Ink) -> float:
    """Thickness of the strokes in pixels: 2 x area / length of the outline.

    A stroke of length l and thickness t has area l t and outline 2 l + 2 t. The length of the
    outline is the total variation of the ink, so there is no threshold.
    """
    dy, dx = np.gradient(np.pad(ink, 1))
    return float(2 * ink.sum() / max(np.hypot(dy, dx).sum(), 1e-9))


def relative_thickness(ink: Ink) -> float:
    """Thickness of the strokes after the ink is fitted into the box, in pixels of the box."""
    fine = _fine(crop(ink))
    return thickness(fine) * BOX / _edge(fine)


def thicken(ink: Ink, target: float = THICKNESS) -> Ink:
    """Move the outline of cropped ink, so that its strokes are `target` pixels thick in the box.

    If the outline moves outwards by d, the edge e becomes e + 2 d and the thickness t becomes
    t + 2 d. So d follows from (t + 2 d) / (e + 2 d) = target / BOX. Where that would fill a hole,
    close an opening or join two strokes, it moves less.
    """
    fine = _fine(ink)
    edge, present, share = _edge(fine), thickness(fine), target / BOX
    grow = (share * edge - present) / (2 * (1 - share))
    grow = max(grow, -0.4 * present)  # so that thin parts do not vanish
    is_ink = fine > 0.5
    limit = topology.growth(is_ink, grow) if grow > 0 else grow
    return crop((_signed_distance(is_ink) + limit + 0.5).clip(0, 1))


def _edge(ink: Ink) -> int:
    """Longer edge of the ink above 0.5, in pixels."""
    return max(crop(np.where(ink > 0.5, ink, 0)).shape)


def _fine(ink: Ink) -> Ink:
    """Scaled to `FINE` pixels, with a margin, and the darkest ink 1."""
    fine = np.pad(fit(ink, FINE), MARGIN)
    return fine / max(float(fine.max()), 1e-9)


def _signed_distance(mask: NDArray[np.bool_]) -> Ink:
    """Distance of each pixel's centre to the outline: positive inside, negative outside."""
    within, without = ndimage.distance_transform_edt(mask), ndimage.distance_transform_edt(~mask)
    distance: Ink = np.where(mask, within - 0.5, 0.5 - without)
    return distance


def is_prepared(ink: Ink) -> bool:
    """Whether it looks like MNIST already: 28 x 28, within 20 x 20, mass in the middle."""
    if ink.shape != (SIDE, SIDE) or max(crop(ink).shape) > BOX:
        return False
    return all(abs(centre - SIDE / 2) <= 1 for centre in _centre_of_mass(ink))


def stages(ink: Ink, stroke_thickness: float = THICKNESS) -> list[Stage]:
    """Every step from the ink to the input of the network, in order.

    Ink that is prepared already, such as a picture of MNIST or an exported drawing, does not
    change.
    """
    if not ink.any():
        return [Stage("As drawn", to_uint8(ink)), Stage("Empty", to_uint8(np.zeros((SIDE, SIDE))))]
    if is_prepared(ink):
        return [Stage("Prepared already", to_uint8(ink))]
    cropped = crop(ink)
    thickened = thicken(cropped, stroke_thickness)
    fitted = fit(thickened)
    pictures = {
        "As drawn": ink,
        "Cropped to the ink": cropped,
        "Strokes as thick as MNIST's": thickened,
        "Fitted into 20 x 20": fitted,
        "Centred by mass": centre(fitted),
    }
    return [Stage(name, to_uint8(picture)) for name, picture in pictures.items()]


def prepare(ink: Ink, stroke_thickness: float = THICKNESS) -> NDArray[np.uint8]:
    """The input of the network, uint8 (28, 28)."""
    return stages(ink, stroke_thickness)[-1].picture


def as_mnist(ink: Ink) -> NDArray[np.uint8]:
    """Crop, fit and centre, without a change of the strokes: uint8 (28, 28)."""
    return to_uint8(centre(fit(crop(ink))))


def plain_resize(ink: Ink) -> NDArray[np.uint8]:
    """The whole sheet scaled to 28 x 28, without preparation: for comparison."""
    picture = Image.fromarray(ink.astype(np.float32))
    return to_uint8(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)))


def to_uint8(ink: Ink) -> NDArray[np.uint8]:
    return (np.clip(ink, 0, 1) * 255).round().astype(np.uint8)


def split_digits(ink: Ink) -> list[Ink]:
    """The digits of a number, from left to right. Ink that is prepared already is one digit."""
    return [ink] if ink.any() and is_prepared(ink) else segmentation.split_digits(ink)
