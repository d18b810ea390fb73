"""Decodes picture files of any size and colour to 28 x 28 greys."""

import io
import itertools
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scratchmlp.data.types import Progress
from scratchmlp.errors import UserError
from scratchmlp.ink.photos import MAX_PIXELS
from scratchmlp.ink.preparation import SIDE

CHUNK = 1000  # pictures that a process decodes at a time

Picture = Path | tuple[str, bytes]
"""A picture's file, or its name and the bytes of its file."""


def decode(pictures: Iterable[Picture], total: int, progress: Progress) -> NDArray[np.uint8]:
    """uint8 (n, 28, 28), by one process for each core if there are many pictures.

    Parameters
    ----------
    total : how many pictures there are, for the progress.

    Raises
    ------
    UserError
        A file is not a picture, or it is too large.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    what, is_many = f"Decoding {total:,} pictures", total > 2 * CHUNK
    # Chunks are small: no array of them goes through a file of joblib's.
    workers = Parallel(n_jobs=-1 if is_many else 1, return_as="generator", max_nbytes=None)
    rest = iter(pictures)
    chunks = iter(lambda: list(itertools.islice(rest, CHUNK)), [])
    decoded: Iterator[NDArray[np.uint8]] = workers(delayed(_decode_all)(chunk) for chunk in chunks)
    images = [np.empty((0, SIDE, SIDE), dtype=np.uint8)]
    for done, chunk in enumerate(decoded):
        images.append(chunk)
        progress(what, min(total, done * CHUNK + len(chunk)), total)
    if is_many:
        get_reusable_executor().shutdown(wait=True)
    return np.concatenate(images)


def _decode_all(files: list[Picture]) -> NDArray[np.uint8]:
    """uint8 (n, 28, 28); it may run in a process of its own, which needs its own warning filter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS is the limit
        return np.stack([_decode_one(file) for file in files])


def _decode_one(what: Picture) -> NDArray[np.uint8]:
    file: Path | io.BytesIO
    name, file = (what, what) if isinstance(what, Path) else (what[0], io.BytesIO(what[1]))
    if isinstance(file, Path) and not file.is_file():  # reading a pipe would block
        raise UserError(f"{name} is not a picture that can be read: mend or remove it.")
    try:
        with Image.open(file) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise UserError(
                    f"{name} is too large ({picture.width} x {picture.height} pixels; "
                    f"at most {MAX_PIXELS:,} in all)."
                )
            return _greyscale(picture)
    except Image.DecompressionBombError as error:
        raise UserError(f"{name} is too large (at most {MAX_PIXELS:,} pixels).") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{name} is not a picture that can be read: mend or remove it.") from error


def _greyscale(picture: Image.Image) -> NDArray[np.uint8]:
    """uint8 (28, 28) with the same aspect ratio; transparency and margins are 0 (paper)."""
    if picture.mode == "L" and picture.size == (SIDE, SIDE):
        return np.asarray(picture)
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits and more: scale to 8
        wide = np.nan_to_num(np.asarray(picture, dtype=np.float64)).clip(0)
        picture = Image.fromarray((wide / max(wide.max(), 1) * 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = Image.alpha_composite(
            Image.new("RGBA", picture.size, "black"), picture.convert("RGBA")
        )
    size = SIDE, SIDE
    return np.asarray(ImageOps.pad(picture.convert("L"), size, Image.Resampling.LANCZOS, color=0))
