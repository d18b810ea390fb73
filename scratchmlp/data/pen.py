"""The source `pen`: digits that 30 people wrote on a tablet, drawn as the Draw page draws ink.

Only the training part of the UCI pen digits is used: the writers of its test part stay strangers.
Each digit is drawn once, with a pen and a size of its own, a little slanted and stretched, and
prepared as drawings are. The same digit is always drawn in the same way.
"""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scratchmlp import paths
from scratchmlp.data import downloads, lzw, processes
from scratchmlp.data.types import DIGIT_CLASSES, Dataset, Examples, Progress
from scratchmlp.errors import UserError

if TYPE_CHECKING:  # the table of sources is quick to import
    from scratchmlp.data.unipen import PenDigit
    from scratchmlp.ink.strokes import Strokes

# Size and hash as several public projects that use the archive give them.
ARCHIVE = downloads.Published(
    "The UCI pen digits",
    "https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip",
    1_668_118,
    "1e02bea023613c2b11c9492f6f34caf975420455934f3527d270cee9a1f03b64",
)
MEMBER = "pendigits-orig.tra.Z"  # its test part is never read
MOST = 20_000_000  # bytes of its text
DIGITS, WRITERS, STROKES = 7_494, 30, 9_433

CANVAS = 280  # pixels
PENS, HEIGHTS = (4.0, 30.0), (80.0, 240.0)  # pixels
SLANT, STRETCH = 0.2, 0.2  # at most, to both sides; the stretch is a logarithm
WAY = 1  # another one where the pictures change
CHUNK = 500  # drawings that a process makes at a time


def find_root(name: str, progress: Progress) -> str:
    """The archive as UCI publishes it, downloaded if it is not there."""
    folder = paths.home() / "downloads"
    return str(downloads.fetch(ARCHIVE, folder, "choose another dataset", progress))


def fingerprint(root: str) -> str:
    return f"{ARCHIVE.sha256[:16]}, drawn in way {WAY}"


def decode(name: str, root: str, progress: Progress) -> Dataset:
    """One picture of each digit; the test split is empty."""
    digits = read(Path(root))
    labels = np.array([digit.label for digit in digits], dtype=np.int64)
    train = Examples(_draw_all(digits, progress), labels)
    return Dataset(name, DIGIT_CLASSES, train, train.take(np.arange(0)), root)


def read(archive: Path) -> "list[PenDigit]":
    """The digits in the archive.

    Raises
    ------
    UserError
        It is not the published archive.
    """
    from scratchmlp.data import unipen

    try:
        downloads.check(ARCHIVE, archive)
        with zipfile.ZipFile(archive) as opened:
            text = lzw.uncompress(opened.read(MEMBER), MOST).decode("ascii")
        digits = unipen.parse(text)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"{archive} cannot be read ({error}): remove it, and try again.") from error
    strokes, writers = sum(len(d.strokes) for d in digits), {digit.writer for digit in digits}
    if (len(digits), len(writers), strokes) != (DIGITS, WRITERS, STROKES):
        raise UserError(f"{archive} does not hold the pen digits: remove it, and try again.")
    return digits


def _draw_all(digits: "list[PenDigit]", progress: Progress) -> NDArray[np.uint8]:
    """uint8 (n, 28, 28), by one process for each core."""
    numbered = [(i, digit.strokes) for i, digit in enumerate(digits)]
    chunks = (numbered[i : i + CHUNK] for i in range(0, len(digits), CHUNK))
    pictures: list[NDArray[np.uint8]] = []
    with processes.mapped(_draw, chunks) as drawn:
        for part in drawn:
            pictures.extend(part)
            progress(f"Drawing {len(digits):,} pen digits", len(pictures), len(digits))
    return np.stack(pictures)


def _draw(numbered: "list[tuple[int, Strokes]]") -> NDArray[np.uint8]:
    return np.stack([draw(strokes, np.random.default_rng([0, i])) for i, strokes in numbered])


def draw(pen_strokes: "Strokes", rng: np.random.Generator) -> NDArray[np.uint8]:
    """The strokes as the input of a network, with a random pen, size, slant and stretch."""
    from scratchmlp.ink import preparation, strokes

    changed = distort(pen_strokes, rng)
    pen, height = rng.uniform(*PENS), rng.uniform(*HEIGHTS)
    placed = strokes.place(changed, height, (CANVAS / 2, CANVAS / 2))
    return preparation.prepare(strokes.render(placed, pen, CANVAS))


def distort(pen_strokes: "Strokes", rng: np.random.Generator) -> "Strokes":
    """The strokes, slanted and stretched at random."""
    slant, stretch = rng.uniform(-SLANT, SLANT), np.exp(rng.uniform(-STRETCH, STRETCH))
    return [[(float((x - slant * y) * stretch), y) for x, y in stroke] for stroke in pen_strokes]
