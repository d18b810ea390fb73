"""ZIPs of pictures that visitors uploaded: where they are kept, by whom, and under which name.

The name of such a dataset, `upload:letters-1a2b3c4d5e6f`, has the digest of its file. It says
nothing about the server, and the same file has the same name everywhere.
"""

import hashlib
import re
from pathlib import Path, PurePath

from scratchmlp import paths
from scratchmlp.errors import UserError

PREFIX = "upload:"
MAX_STEM = 40  # letters of the file's own name


def is_upload(name: str) -> bool:
    return re.fullmatch(rf"{PREFIX}[\w-]{{1,60}}", name, re.ASCII) is not None


def path_of(name: str) -> Path:
    """The file of an upload, whoever uploaded it; a path without a file if it is gone."""
    stem = name.removeprefix(PREFIX)
    found = sorted(_folder().glob(f"*/{stem}.zip")) if is_upload(name) else []
    return found[0] if found else _folder() / f"{stem}.zip"


def keep(data: bytes, file_name: str, owner: str) -> str:
    """Keep a file, and return the name of its dataset.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    stem = re.sub(r"[^\w-]+", "-", PurePath(file_name).stem, flags=re.ASCII).strip("-")
    name = f"{stem[:MAX_STEM] or 'pictures'}-{hashlib.sha256(data).hexdigest()[:12]}"
    folder = _folder_of(owner)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{name}.new"
        new.write_bytes(data)
        new.replace(folder / f"{name}.zip")
    except OSError as error:
        raise UserError(f"This file could not be kept ({error.strerror}).") from error
    return PREFIX + name


def forget(name: str, owner: str) -> None:
    """Delete a file that an owner uploaded."""
    if is_upload(name):
        (_folder_of(owner) / f"{name.removeprefix(PREFIX)}.zip").unlink(missing_ok=True)


def owned(owner: str) -> list[str]:
    """The names of what an owner uploaded, the newest first."""
    return [PREFIX + file.stem for file in _files(owner)]


def _files(owner: str) -> list[Path]:
    found = list(_folder_of(owner).glob("*.zip"))
    return sorted(found, key=lambda file: -file.stat().st_mtime_ns)


def _folder() -> Path:
    return paths.home() / "uploads"


def _folder_of(owner: str) -> Path:
    return _folder() / hashlib.sha256(owner.encode()).hexdigest()[:16]
