"""Drawings to take along: a ZIP of PNGs in the layout of a dataset, and their strokes as JSON.

    drawings/training/<class>/<n>.png    28 x 28, as the network sees it; 0 is paper
    drawings/testing/<class>/<n>.png     each fifth of a class that has two or more to learn from
    drawings/strokes.json                {"training/3/0001.png": [[[x, y], …], …], …}

Unpacked, it is a folder that runs train on. What is read back was sent by somebody: nothing is
unpacked onto the disk, and whatever is too much or no portfolio is refused with a sentence.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchmlp.errors import UserError
from scratchmlp.ink import photos, preparation, strokes
from scratchmlp.ink.strokes import Strokes

MAX_BYTES = 20_000_000  # of the file
MAX_UNPACKED = 100_000_000  # of all that is in it
MAX_PICTURES = 5_000
MAX_PICTURE = 2_000_000  # bytes of one picture
MAX_STROKES = 50_000_000  # bytes of strokes.json
STROKES = "strokes.json"
DAMAGED = zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError


class ArchivedDrawing(NamedTuple):
    """A drawing: its class, uint8 (28, 28), and its strokes, where they are known."""

    label: str
    image: NDArray[np.uint8]
    strokes: Strokes | None


def pack(drawings: Sequence[ArchivedDrawing]) -> bytes:
    """All of them in a ZIP."""
    out, lines = io.BytesIO(), {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, kept in zip(_names(drawings), drawings, strict=True):
            packed.writestr(f"drawings/{name}", _png(kept.image))
            if kept.strokes is not None:
                lines[name] = kept.strokes
        packed.writestr(f"drawings/{STROKES}", json.dumps(lines, separators=(",", ":")))
    return out.getvalue()


def _names(drawings: Sequence[ArchivedDrawing]) -> list[str]:
    """A path for each: every fifth of a class is for testing, its first two for training."""
    counts: dict[str, int] = {}
    names = []
    for kept in drawings:
        n = counts[kept.label] = counts.get(kept.label, 0) + 1
        part = "testing" if n % 5 == 3 else "training"
        names.append(f"{part}/{_folder(kept.label)}/{n:04}.png")
    return names


def _folder(label: str) -> str:
    """A class's name where it can name a folder; others lose what cannot stand there."""
    return "".join("_" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in label).strip(". ") or "_"


def _png(image: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "png")
    return out.getvalue()


def unpack(data: bytes) -> list[ArchivedDrawing]:
    """The drawings of a ZIP, in the order of their names.

    The class of a picture is the name of its folder. A picture that is not 28 x 28 and grey is
    prepared like a drawing.

    Raises
    ------
    UserError
        It is no ZIP, is damaged or locked, or holds too much, or what is no drawing.
    """
    if len(data) > MAX_BYTES:
        raise UserError(f"This file is too large: at most {MAX_BYTES // 1_000_000} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return _unpack(packed)
    except DAMAGED as error:
        raise UserError(
            "This is no ZIP that can be read: choose one that this page exported."
        ) from error


def _unpack(packed: zipfile.ZipFile) -> list[ArchivedDrawing]:
    files = [info for info in packed.infolist() if not info.is_dir()]
    if sum(info.file_size for info in files) > MAX_UNPACKED:
        raise UserError(f"This ZIP unpacks to more than {MAX_UNPACKED // 1_000_000} MB.")
    for info in files:
        _check_path(info.filename)
    pictures = [info for info in files if info.filename.lower().endswith(".png")]
    if not pictures:
        raise UserError("This ZIP holds no drawings: they are in it as <class>/<name>.png.")
    if len(pictures) > MAX_PICTURES:
        raise UserError(f"This ZIP holds {len(pictures):,} pictures: at most {MAX_PICTURES:,}.")
    lines = _lines(packed, files)
    return [_read_drawing(packed, info, lines) for info in sorted(pictures, key=_path)]


def _check_path(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise UserError(f"This ZIP holds a file with a path that is refused: {name[:60]!r}.")


def _lines(packed: zipfile.ZipFile, files: list[zipfile.ZipInfo]) -> dict[str, Strokes]:
    """What `strokes.json` says of each picture, by the picture's path in the ZIP."""
    found = [info for info in files if PurePosixPath(info.filename).name == STROKES]
    if not found:
        return {}
    try:
        said = json.loads(_read(packed, found[0], MAX_STROKES))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{STROKES} in this ZIP is not JSON.") from error
    if not isinstance(said, dict):
        raise UserError(f"{STROKES} in this ZIP must be an object: a path, and its strokes.")
    folder = PurePosixPath(found[0].filename).parent
    return {str(folder / name): strokes.check(value) for name, value in said.items()}


def _path(info: zipfile.ZipInfo) -> str:
    return info.filename


def _read_drawing(
    packed: zipfile.ZipFile, info: zipfile.ZipInfo, lines: dict[str, Strokes]
) -> ArchivedDrawing:
    label = PurePosixPath(info.filename).parent.name
    if not label:
        raise UserError(f"{info.filename[:60]} lies in no folder: the folder says what it is.")
    data = _read(packed, info, MAX_PICTURE)
    return ArchivedDrawing(label, _image(data), lines.get(info.filename))


def _read(packed: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """What is in a file of the ZIP; never more than `most`, whatever the ZIP says of it."""
    with packed.open(info) as opened:
        data = opened.read(most + 1)
    if len(data) > most:
        raise UserError(f"{info.filename[:60]} in this ZIP is too large.")
    return data


def _image(data: bytes) -> NDArray[np.uint8]:
    ready = _ready(data)
    return preparation.prepare(photos.ink_of(data)) if ready is None else ready


def _ready(data: bytes) -> NDArray[np.uint8] | None:
    """The pixels of a grey 28 x 28 PNG: it needs no preparation."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            is_ready = picture.mode == "L" and picture.size == (preparation.SIDE, preparation.SIDE)
            return np.array(picture) if is_ready else None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None  # `photo` says what is wrong with it
