"""Any ink becomes a 28 x 28 picture the way MNIST's makers did it.

"The original black and white images from NIST were size normalized to fit in a 20x20 pixel box
while preserving their aspect ratio [...] the images were centered in a 28x28 image by computing
the center of mass of the pixels" (LeCun, Cortes and Burges, The MNIST database).

Ink is a float array (height, width), 0 for paper and 1 for full ink.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

SIDE = 28
BOX = 20

Ink = NDArray[np.floating]


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
    mass = ink.sum() or 1.0
    corner = []
    for length, weights in zip(ink.shape, (ink.sum(axis=1), ink.sum(axis=0)), strict=True):
        middle = float((weights * (np.arange(length) + 0.5)).sum() / mass)
        corner.append(int(np.clip(round(side / 2 - middle), 0, side - length)))
    sheet = np.zeros((side, side), dtype=np.float32)
    top, left = corner
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return sheet


def stages(ink: Ink) -> list[Stage]:
    """Every step from the ink to what the network sees, in order."""
    cropped = crop(ink)
    fitted = fit(cropped)
    pictures = {
        "As drawn": ink,
        "Cropped to the ink": cropped,
        "Fitted into 20 x 20": fitted,
        "Centred by mass": centre(fitted),
    }
    return [Stage(name, to_uint8(picture)) for name, picture in pictures.items()]


def prepare(ink: Ink) -> NDArray[np.uint8]:
    """Crop, fit into 20 x 20 and centre: uint8 (28, 28), as the network expects a digit."""
    return stages(ink)[-1].picture


def plain_resize(ink: Ink) -> NDArray[np.uint8]:
    """The whole sheet at 28 x 28, ink where it lies: what a careless page shows its network."""
    picture = Image.fromarray(ink.astype(np.float32))
    return to_uint8(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)))


def to_uint8(ink: Ink) -> NDArray[np.uint8]:
    return (np.clip(ink, 0, 1) * 255).round().astype(np.uint8)


def split(ink: Ink) -> list[Ink]:
    """The digits of a number, left to right, each on a sheet of the same size; [] of no ink."""
    labels, _ = ndimage.label(ink > 0.25, structure=np.ones((3, 3)))
    groups: list[tuple[int, int, list[int]]] = []  # left, right, components
    spans = [(s[1].start, s[1].stop, [i + 1]) for i, s in enumerate(ndimage.find_objects(labels))]
    for left, right, parts in sorted(spans):
        if groups:
            before, until, others = groups[-1]
            overlap = min(until, right) - left
            if overlap > 0.35 * min(until - before, right - left):
                groups[-1] = before, max(until, right), others + parts
                continue
        groups.append((left, right, parts))
    return [np.where(np.isin(labels, parts), ink, 0) for _, _, parts in groups]
