"""Exports drawings as a ZIP in the layout of a dataset, and imports them again.

    drawings/training/<class>/<n>.png    28 x 28, the input of the network; 0 is paper
    drawings/testing/<class>/<n>.png     every fifth drawing of a class with more than two
    drawings/strokes.json                {"training/3/0001.png": [[[x, y], …], …], …}

The unpacked ZIP is a folder of pictures that runs can train on. An imported ZIP is not trusted: it
is read in memory, and a ZIP that is too large or has no drawings is refused with a sentence.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchmlp.errors import UserError
from scratchmlp.file_kinds import is_of_system, is_picture
from scratchmlp.ink import photos, pictures, preparation, strokes
from scratchmlp.ink.strokes import Strokes
from scratchmlp.ink.types import SIDE, Ink

MAX_ZIP_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 100_000_000  # of all files in the ZIP
MAX_PICTURES = 5_000
MAX_PICTURE_BYTES = 2_000_000  # of one picture
MAX_STROKES_BYTES = 20_000_000  # of strokes.json
MAX_POINTS = 1_000_000  # of all strokes
MAX_PIXELS = 20_000_000  # of all pictures that must be prepared
MIN_PIXELS = 20_000  # to prepare a smaller picture takes as long as one of this size
STROKES_FILE = "strokes.json"
Prepare = Callable[[Ink], NDArray[np.uint8]]  # from any ink to 28 x 28
DAMAGE_ERRORS = zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError


class ArchivedDrawing(NamedTuple):
    """The class of a drawing, its image uint8 (28, 28), and its strokes if they are known."""

    label: str
    image: NDArray[np.uint8]
    strokes: Strokes | None


def pack(drawings: Sequence[ArchivedDrawing]) -> bytes:
    """The bytes of a ZIP with all drawings."""
    out, strokes_of = io.BytesIO(), {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, drawing in zip(_names(drawings), drawings, strict=True):
            packed.writestr(f"drawings/{name}", _png(drawing.image))
            if drawing.strokes is not None:
                strokes_of[name] = drawing.strokes
        packed.writestr(f"drawings/{STROKES_FILE}", json.dumps(strokes_of, separators=(",", ":")))
    return out.getvalue()


def _names(drawings: Sequence[ArchivedDrawing]) -> list[str]:
    """A path for each drawing: the third of every five drawings of a class is for testing."""
    counts: dict[str, int] = {}
    names = []
    for drawing in drawings:
        n = counts[drawing.label] = counts.get(drawing.label, 0) + 1
        split = "testing" if n % 5 == 3 else "training"
        names.append(f"{split}/{folder_name(drawing.label)}/{n:04}.png")
    return names


def folder_name(text: str) -> str:
    """The text, without the characters that a folder name cannot have."""
    return "".join("_" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in text).strip(". ") or "_"


def _png(image: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "png")
    return out.getvalue()


def unpack(data: bytes, prepare: Prepare = preparation.prepare) -> list[ArchivedDrawing]:
    """The drawings of a ZIP, in the order of their names.

    The class of a picture is the name of its folder. A picture that is not 28 x 28 and grey goes
    through `prepare`, as a drawing does.

    Raises
    ------
    UserError
        The bytes are not a ZIP; or it is damaged, encrypted or too large; or a file is no drawing.
    """
    if len(data) > MAX_ZIP_BYTES:
        raise UserError(f"This file is too large: at most {MAX_ZIP_BYTES // 1_000_000} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return _unpack(packed, prepare)
    except DAMAGE_ERRORS as error:
        raise UserError(
            "This is not a ZIP that can be read: choose one that this page exported."
        ) from error


def _unpack(packed: zipfile.ZipFile, prepare: Prepare) -> list[ArchivedDrawing]:
    files = [info for info in packed.infolist() if not info.is_dir()]
    if sum(info.file_size for info in files) > MAX_UNPACKED_BYTES:
        raise UserError(f"This ZIP unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB.")
    for info in files:
        check_path(info.filename)
    found = [info for info in files if is_picture(info.filename) and not _is_of_system(info)]
    if not found:
        raise UserError("This ZIP holds no drawings: it needs pictures as <class>/<name>.png.")
    if len(found) > MAX_PICTURES:
        raise UserError(f"This ZIP holds {len(found):,} pictures: at most {MAX_PICTURES:,}.")
    _check_pixels(packed, found)
    strokes_of = _read_strokes(packed, files)
    drawings = []
    for info in sorted(found, key=_path):
        image = _image(_read(packed, info, MAX_PICTURE_BYTES), prepare)
        drawings.append(ArchivedDrawing(_label(info), image, strokes_of.get(info.filename)))
    return drawings


def check_path(name: str) -> None:
    """Refuse a path that leads out of the ZIP."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise UserError(f"This ZIP holds a file with a path that is refused: {name[:60]!r}.")


def _check_pixels(packed: zipfile.ZipFile, found: list[zipfile.ZipInfo]) -> None:
    """Refuse pictures that would take long, by their headers."""
    if sum(_pixels_to_prepare(packed, info) for info in found) > MAX_PIXELS:
        raise UserError(
            f"The pictures in this ZIP are too large: at most {MAX_PIXELS // 1_000_000} megapixels "
            f"in all, and at most {MAX_PIXELS // MIN_PIXELS:,} pictures that are not 28 x 28."
        )


def _pixels_to_prepare(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """The work to prepare a picture; 0 if it is a PNG, grey and 28 x 28."""
    if not info.filename.lower().endswith(".png"):
        return max(pictures.count_pixels(_read(packed, info, MAX_PICTURE_BYTES)), MIN_PIXELS)
    with packed.open(info) as opened:
        header = opened.read(26)  # signature, IHDR, width, height, bits, colour
    width, height = int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")
    is_grey = header[24:] == b"\x08\0"
    is_prepared = is_grey and width == height == SIDE
    return 0 if is_prepared else max(width * height, MIN_PIXELS)


def _read_strokes(packed: zipfile.ZipFile, files: list[zipfile.ZipInfo]) -> dict[str, Strokes]:
    """The strokes in `strokes.json`, by the path of their picture in the ZIP."""
    found = [info for info in files if PurePosixPath(info.filename).name == STROKES_FILE]
    if not found:
        return {}
    text = _read(packed, found[0], MAX_STROKES_BYTES)
    if text.count(b"[") > MAX_POINTS:  # each point is in brackets
        raise UserError(f"{STROKES_FILE} in this ZIP is too long: at most {MAX_POINTS:,} points.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{STROKES_FILE} in this ZIP is not JSON.") from error
    if not isinstance(content, dict):
        raise UserError(f"{STROKES_FILE} in this ZIP must be an object: path, strokes.")
    folder = PurePosixPath(found[0].filename).parent
    return {str(folder / name): strokes.check(value) for name, value in content.items()}


def _is_of_system(info: zipfile.ZipInfo) -> bool:
    return any(map(is_of_system, PurePosixPath(info.filename).parts))


def _path(info: zipfile.ZipInfo) -> str:
    return info.filename


def _label(info: zipfile.ZipInfo) -> str:
    label = PurePosixPath(info.filename).parent.name
    if not label:
        raise UserError(f"{info.filename[:60]} lies in no folder: a folder names the class.")
    return label


def _read(packed: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """The content of a file in the ZIP, at most `limit` bytes, whatever size the ZIP states."""
    with packed.open(info) as opened:
        data = opened.read(limit + 1)
    if len(data) > limit:
        raise UserError(f"{info.filename[:60]} in this ZIP is too large.")
    return data


def _image(data: bytes, prepare: Prepare) -> NDArray[np.uint8]:
    pixels = _prepared_pixels(data)
    return prepare(photos.extract_ink(data)) if pixels is None else pixels


def _prepared_pixels(data: bytes) -> NDArray[np.uint8] | None:
    """The pixels of a grey 28 x 28 PNG, which needs no preparation; None for another picture."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if picture.mode == "L" and picture.size == (SIDE, SIDE):
                return np.array(picture)
            return None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None  # `photos.extract_ink` raises the error
