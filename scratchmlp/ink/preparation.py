"""Any ink becomes a 28 x 28 picture the way MNIST's makers did it, by a pen as thick as theirs.

"The original black and white images from NIST were size normalized to fit in a 20x20 pixel box
while preserving their aspect ratio [...] the images were centered in a 28x28 image by computing
the center of mass of the pixels" (LeCun, Cortes and Burges, The MNIST database). Before that, the
strokes are made as thick as MNIST's are, since a brush may be any size: see docs/experiments.md.

Ink is a float array (height, width), 0 for paper and 1 for full ink.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from scratchmlp.ink import segmentation
from scratchmlp.ink.segmentation import Ink

SIDE = 28
BOX = 20
THICKNESS = 2.4  # pixels of 20: the median of MNIST's training pictures, by `thickness`
FINE = 100  # pixels of the longer edge where outlines are moved, five to one of the box
MARGIN = 25  # of FINE: room for a stroke to grow into


class Stage(NamedTuple):
    """A step of the preparation, and the picture it leaves: uint8 (h, w), 255 ink."""

    name: str
    picture: NDArray[np.uint8]


def crop(ink: Ink) -> Ink:
    """The smallest rectangle that holds all the ink; an empty picture stays as it is."""
    if not ink.any():
        return ink
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit(ink: Ink, side: int = BOX) -> Ink:
    """Scale, anti-aliased, so that the longer edge is `side` pixels and the shape is kept."""
    height, width = ink.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(picture).clip(0, 1)


def centre(ink: Ink, side: int = SIDE) -> Ink:
    """Place the ink on a `side` x `side` sheet, its centre of mass in the middle.

    It moves by whole pixels and only as far as all of it stays on the sheet.
    """
    corner = []
    for length, middle in zip(ink.shape, _middle(ink), strict=True):
        corner.append(int(np.clip(round(side / 2 - middle), 0, side - length)))
    sheet = np.zeros((side, side), dtype=np.float32)
    top, left = corner
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return sheet


def _middle(ink: Ink) -> list[float]:
    """Centre of mass, from the top left corner; (0, 0) of no ink."""
    mass = ink.sum() or 1.0
    sums = ink.sum(axis=1), ink.sum(axis=0)
    return [float((s * (np.arange(len(s)) + 0.5)).sum() / mass) for s in sums]


def thickness(ink: Ink) -> float:
    """How thick the strokes are, in pixels: twice their area by the length of their outline.

    A stroke of length l and thickness t has area l t and outline 2 l + 2 t. The outline's length
    is the ink's total variation, so that it needs no threshold.
    """
    dy, dx = np.gradient(np.pad(ink, 1))
    return float(2 * ink.sum() / max(np.hypot(dy, dx).sum(), 1e-9))


def relative_thickness(ink: Ink) -> float:
    """The same in pixels of the box, if the ink were fitted into it."""
    fine = _fine(crop(ink))
    return thickness(fine) * BOX / _edge(fine)


def thicken(ink: Ink, target: float = THICKNESS) -> Ink:
    """Move the outline of cropped ink outwards or inwards, so that strokes are `target` thick.

    The target is in pixels of the box into which it is fitted next. Growing by d on each side turns
    edge e and thickness t into e + 2 d and t + 2 d; (t + 2 d) / (e + 2 d) = target / box says d.
    """
    fine = _fine(ink)
    edge, thick, share = _edge(fine), thickness(fine), target / BOX
    grow = (share * edge - thick) / (2 * (1 - share))
    grow = max(grow, -0.4 * thick)  # the thinnest parts should stay in one piece
    return crop((_inside(fine > 0.5) + grow + 0.5).clip(0, 1))


def _edge(ink: Ink) -> int:
    """Pixels of the longer edge of what is at least half inked."""
    return max(crop(np.where(ink > 0.5, ink, 0)).shape)


def _fine(ink: Ink) -> Ink:
    """Scaled to where outlines are moved, the darkest ink 1, with room around it."""
    fine = np.pad(fit(ink, FINE), MARGIN)
    return fine / max(float(fine.max()), 1e-9)


def _inside(mask: NDArray[np.bool_]) -> Ink:
    """Distance of each pixel's centre to the outline; outside of it, below 0."""
    within, without = ndimage.distance_transform_edt(mask), ndimage.distance_transform_edt(~mask)
    distance: Ink = np.where(mask, within - 0.5, 0.5 - without)
    return distance


def is_prepared(ink: Ink) -> bool:
    """Whether this is as MNIST's pictures are: 28 x 28, within 20 x 20, its mass in the middle."""
    if ink.shape != (SIDE, SIDE) or max(crop(ink).shape) > BOX:
        return False
    return all(abs(middle - SIDE / 2) <= 1 for middle in _middle(ink))


def stages(ink: Ink, thick: float = THICKNESS) -> list[Stage]:
    """Every step from the ink to what the network sees, in order; strokes become `thick`.

    What is prepared already, as a picture of MNIST or an exported drawing, stays as it is.
    """
    if not ink.any():
        return [Stage("As drawn", to_uint8(ink)), Stage("Empty", to_uint8(np.zeros((SIDE, SIDE))))]
    if is_prepared(ink):
        return [Stage("Prepared already", to_uint8(ink))]
    cropped = crop(ink)
    thickened = thicken(cropped, thick)
    fitted = fit(thickened)
    pictures = {
        "As drawn": ink,
        "Cropped to the ink": cropped,
        "As thick as MNIST's pen": thickened,
        "Fitted into 20 x 20": fitted,
        "Centred by mass": centre(fitted),
    }
    return [Stage(name, to_uint8(picture)) for name, picture in pictures.items()]


def prepare(ink: Ink, thick: float = THICKNESS) -> NDArray[np.uint8]:
    """What the network sees of this ink: uint8 (28, 28)."""
    return stages(ink, thick)[-1].picture


def as_mnist(ink: Ink) -> NDArray[np.uint8]:
    """Crop, fit and centre, its strokes as they are: uint8 (28, 28), as MNIST's makers did."""
    return to_uint8(centre(fit(crop(ink))))


def plain_resize(ink: Ink) -> NDArray[np.uint8]:
    """The whole sheet at 28 x 28, ink where it lies: what a careless page shows its network."""
    picture = Image.fromarray(ink.astype(np.float32))
    return to_uint8(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)))


def to_uint8(ink: Ink) -> NDArray[np.uint8]:
    return (np.clip(ink, 0, 1) * 255).round().astype(np.uint8)


def split(ink: Ink) -> list[Ink]:
    """The digits of a number, left to right; what is prepared already is one digit."""
    return [ink] if ink.any() and is_prepared(ink) else segmentation.split(ink)
