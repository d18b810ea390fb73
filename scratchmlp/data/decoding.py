"""Decodes picture files of any size and colour to 28 x 28 greys, 0 for paper and 255 for ink.

The polarity of a dataset is decided by all its pictures together (`ink.polarity`). Files that are
not pictures are reported together, so that all can be mended at once.
"""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scratchmlp.data import processes
from scratchmlp.data.types import Progress
from scratchmlp.ink import pictures, polarity
from scratchmlp.ink.pictures import PictureError
from scratchmlp.ink.types import SIDE

CHUNK = 1000  # pictures that a process decodes at a time
FEW = 10 * CHUNK  # pictures for which no processes are started
EDGE = 8 * SIDE  # pixels at which a large JPEG is read

Picture = Path | bytes
"""A picture's file, or the bytes of its file."""


class Decoded(NamedTuple):
    """All pictures, and why some of them could not be decoded.

    Attributes
    ----------
    images : uint8 (n, 28, 28) with the same aspect ratio; a picture that failed is blank.
    failures : the row of each picture that failed, and why, in a few words.
    is_inverted : the pictures have dark ink on light paper, and were inverted.
    others : how many pictures have the other polarity than most.
    """

    images: NDArray[np.uint8]
    failures: dict[int, str]
    is_inverted: bool
    others: int


class _Part(NamedTuple):
    """Some pictures: their greys, width and height without margins, papers, and failures."""

    greys: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    papers: NDArray[np.int64]
    failures: dict[int, str]


def decode(files: Iterable[Picture], total: int, progress: Progress) -> Decoded:
    """Decode pictures by one process for each core if there are many.

    Parameters
    ----------
    total : how many pictures there are, for the progress.
    """
    if total <= FEW:
        return _join(list(_followed(map(_decode_all, _chunks(files)), total, progress)))
    with processes.mapped(_decode_all, _chunks(files)) as decoded:
        parts = list(_followed(decoded, total, progress))
    return _join(parts)


def _chunks(files: Iterable[Picture]) -> Iterator[list[Picture]]:
    rest = iter(files)
    return iter(lambda: list(itertools.islice(rest, CHUNK)), [])


def _followed(parts: Iterable[_Part], total: int, progress: Progress) -> Iterator[_Part]:
    """The parts, with a report of the progress after each."""
    done = 0
    for part in parts:
        done += len(part.papers)
        progress(f"Decoding {total:,} pictures", min(total, done), total)
        yield part


def _join(parts: list[_Part]) -> Decoded:
    """One polarity for all; the margins of a picture are paper."""
    greys = np.concatenate([part.greys for part in parts] or [np.empty((0, SIDE, SIDE), np.uint8)])
    failures = {
        index * CHUNK + row: why
        for index, part in enumerate(parts)
        for row, why in part.failures.items()
    }
    sizes = np.concatenate([part.sizes for part in parts] or [np.empty((0, 2), np.int64)])
    papers = np.concatenate([part.papers for part in parts] or [np.empty(0, np.int64)])
    papers = np.delete(papers, list(failures))
    is_inverted = polarity.is_light_paper(papers)
    if is_inverted:
        np.subtract(255, greys, out=greys)
        for row in np.flatnonzero((sizes < SIDE).any(axis=1)):
            greys[row] = _with_margins(greys[row][_box(*sizes[row])])
    others = int(((papers > 127) != is_inverted).sum())
    return Decoded(greys, failures, is_inverted, others)


def _decode_all(files: list[Picture]) -> _Part:
    """Decode a chunk; it may run in a process of its own."""
    n = len(files)
    greys, sizes = np.zeros((n, SIDE, SIDE), np.uint8), np.zeros((n, 2), np.int64)
    papers, failures = np.zeros(n, np.int64), {}
    for row, file in enumerate(files):
        try:
            with pictures.opened(file, EDGE) as picture:
                grey = _greyscale(picture)
        except PictureError as error:
            failures[row] = error.short
        else:
            greys[row], sizes[row] = _with_margins(grey), grey.shape
            papers[row] = polarity.paper_of(grey)
    return _Part(greys, sizes, papers, failures)


def _greyscale(picture: Image.Image) -> NDArray[np.uint8]:
    """uint8 (h, w) with the same aspect ratio; the longer edge is 28."""
    if (picture.format, picture.mode, picture.size) == ("PNG", "L", (SIDE, SIDE)):
        return np.asarray(picture)  # as it is: MNIST's, and the most frequent ones
    picture = ImageOps.exif_transpose(pictures.to_8_bits(picture))
    if picture.has_transparency_data:
        picture = polarity.on_paper(picture)
    grey = ImageOps.contain(picture.convert("L"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(grey)


def _box(height: int, width: int) -> tuple[slice, slice]:
    """Where a picture of this size is on a sheet of 28 x 28: in the middle."""
    top, left = round((SIDE - height) * 0.5), round((SIDE - width) * 0.5)
    return slice(top, top + height), slice(left, left + width)


def _with_margins(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    sheet = np.zeros((SIDE, SIDE), np.uint8)
    sheet[_box(*grey.shape)] = grey
    return sheet
