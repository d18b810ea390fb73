"""A ZIP of a folder of pictures, read without unpacking it to the disk.

A ZIP is not trusted: whatever it states, no more of it is read than a picture may have.
"""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from scratchmlp.errors import UserError
from scratchmlp.file_kinds import READ, kind_of
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


def kind(file: Path) -> str:
    """A name for the kind of a file."""
    with file.open("rb") as opened:
        return kind_of(opened.read(READ))


def is_zip(file: Path) -> bool:
    return file.is_file() and kind(file) == "a ZIP"


def names(file: Path, limits: Limits = OWNER) -> Iterator[PurePath]:
    """The paths of all files in a ZIP.

    Raises
    ------
    UserError
        It is damaged or too large, or a path leads out of it.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            found = [info for info in packed.infolist() if not info.is_dir()]
    except archive.DAMAGE_ERRORS as error:
        raise _damaged(file) from error
    if sum(info.file_size for info in found) > limits.unpacked_bytes:
        raise UserError(
            f"{file.name} unpacks to more than {limits.unpacked_bytes // 1_000_000:,} MB."
        )
    for info in found:
        archive.check_path(info.filename)
        yield PurePosixPath(info.filename)


def contents(file: Path, paths: Iterable[PurePath]) -> Iterator[bytes]:
    """The bytes of these files; what is too large or damaged is empty, and so no picture."""
    try:
        with zipfile.ZipFile(file) as packed:
            for path in paths:
                yield _read(packed, str(path))
    except archive.DAMAGE_ERRORS as error:
        raise _damaged(file) from error


def _read(packed: zipfile.ZipFile, name: str) -> bytes:
    try:
        with packed.open(name) as opened:
            data = opened.read(pictures.MAX_FILE_BYTES + 1)
    except archive.DAMAGE_ERRORS:
        return b"?"  # the others can be read
    return data if len(data) <= pictures.MAX_FILE_BYTES else b"?"


def check(file: Path, paths: Iterable[PurePath], limits: Limits) -> None:
    """Refuse a ZIP whose pictures would take long to decode, by their headers.

    Raises
    ------
    UserError
        It has too many pictures, or too many pixels.
    """
    if file.stat().st_size > limits.zip_bytes:
        raise UserError(f"{file.name} is too large: at most {limits.zip_bytes // 1_000_000:,} MB.")
    paths = list(paths)
    if len(paths) > limits.pictures:
        raise UserError(
            f"{file.name} holds {len(paths):,} pictures: at most {limits.pictures:,} are read."
        )
    pixels = sum(pictures.count_pixels(data) for data in contents(file, paths))
    if pixels > limits.pixels:
        raise UserError(
            f"The pictures in {file.name} have {pixels / 1e6:,.0f} megapixels: at most "
            f"{limits.pixels // 1_000_000:,} are read. Make them smaller; 28 x 28 is enough."
        )


def _damaged(file: Path) -> UserError:
    return UserError(f"{file.name} is not a ZIP that can be read: make it again.")
