"""A ZIP of a folder of pictures, read without unpacking it to the disk.

A ZIP is not trusted: whatever it states, no more of it is read than a picture may have.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from scratchmlp.errors import UserError
from scratchmlp.file_kinds import READ, is_picture, kind_of
from scratchmlp.ink import archive, pictures


class Limits(NamedTuple):
    """What a ZIP may have at most: its bytes, those of its files, its pictures, their pixels."""

    zip_bytes: int
    unpacked_bytes: int
    pictures: int
    pixels: int


OWNER = Limits(1_000_000_000, 4_000_000_000, 200_000, 4_000_000_000)
VISITOR = Limits(
    archive.MAX_ZIP_BYTES, archive.MAX_UNPACKED_BYTES, archive.MAX_PICTURES, archive.MAX_PIXELS
)


UNREADABLE = b"?"


def kind(file: Path) -> str:
    """A name for the kind of a file."""
    with file.open("rb") as opened:
        return kind_of(opened.read(READ))


def is_zip(file: Path) -> bool:
    return file.is_file() and kind(file) == "a ZIP"


def names(file: Path) -> list[PurePath]:
    """The paths of all files in a ZIP.

    Raises
    ------
    UserError
        It is damaged, or a path leads out of it.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            found = [info.filename for info in packed.infolist() if not info.is_dir()]
    except archive.DAMAGE_ERRORS as error:
        raise _damaged(file.name) from error
    for name in found:
        archive.check_path(name)
    return [PurePosixPath(name) for name in found]


def contents(file: Path, paths: Iterable[PurePath]) -> Iterator[bytes]:
    """The bytes of these files; what is damaged or too large is no picture."""
    try:
        with zipfile.ZipFile(file) as packed:
            for path in paths:
                yield _read(packed, str(path))
    except zipfile.BadZipFile as error:
        raise _damaged(file.name) from error


def _read(packed: zipfile.ZipFile, name: str) -> bytes:
    try:
        with packed.open(name) as opened:
            data = opened.read(pictures.MAX_FILE_BYTES + 1)
    except archive.DAMAGE_ERRORS:
        return UNREADABLE
    return data if len(data) <= pictures.MAX_FILE_BYTES else UNREADABLE


def check(data: bytes, name: str, limits: Limits) -> None:
    """Refuse an uploaded file that is no ZIP, or whose pictures would take long to decode.

    Raises
    ------
    UserError
        It is too large, or has too many pictures or pixels, by their headers.
    """
    if len(data) > limits.zip_bytes:
        raise UserError(f"{name} is too large: at most {limits.zip_bytes // 1_000_000:,} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            _check(packed, name, limits)
    except archive.DAMAGE_ERRORS as error:
        if (what := kind_of(data)) and what != "a ZIP":
            raise UserError(f"{name} is {what}: send a ZIP of folders of pictures.") from error
        raise _damaged(name) from error


def _check(packed: zipfile.ZipFile, name: str, limits: Limits) -> None:
    found = [info for info in packed.infolist() if is_picture(info.filename)]
    if sum(info.file_size for info in packed.infolist()) > limits.unpacked_bytes:
        raise UserError(f"{name} unpacks to more than {limits.unpacked_bytes // 1_000_000:,} MB.")
    if len(found) > limits.pictures:
        raise UserError(f"{name} holds {len(found):,} pictures: at most {limits.pictures:,}.")
    pixels = 0
    for info in found:
        pixels += pictures.count_pixels(_read(packed, info.filename))
        if pixels > limits.pixels:
            raise UserError(
                f"The pictures in {name} have more than {limits.pixels // 1_000_000:,} megapixels "
                "in all: make them smaller. 28 x 28 pixels are enough."
            )


def _damaged(name: str) -> UserError:
    return UserError(f"{name} is not a ZIP that can be read: make it again.")
