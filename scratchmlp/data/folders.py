"""A folder of pictures as a dataset: where its pictures are, and which class each of them has."""

import contextlib
import hashlib
import os
from pathlib import Path

import numpy as np

from scratchmlp.data.types import (
    MAX_CLASS_NAME,
    MAX_CLASSES,
    Dataset,
    Examples,
    Progress,
    is_class_name,
)
from scratchmlp.errors import UserError

SPLIT_FOLDERS = {
    "train": "training",
    "test": "testing",
}  # split: its folder in a folder of pictures


def folder_path(name: str) -> Path:
    """The full path of the folder that a dataset's name means.

    Raises
    ------
    UserError
        No folder can have this name.
    """
    try:
        name.encode()  # surrogates cannot be stored
        path = Path(name).expanduser().resolve()
        path.exists()  # raises if the name is too long
        return path
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(f"{name[:80]!r} is not a dataset: {error}.") from error


def find_root(name: str, progress: Progress) -> str:
    return str(folder_path(name))


def decode(name: str, root: str, progress: Progress) -> Dataset:
    """`training/<class>/*.png` and `testing/<class>/*.png`; `training` names the classes."""
    from scratchmlp.data import decoding

    files = {split: pictures(Path(root), folder) for split, folder in SPLIT_FOLDERS.items()}
    classes = tuple(sorted({file.parent.name for file in files["train"]}, key=natural))
    _check_classes(Path(root), classes, files)
    paths = [*files["train"], *files["test"]]
    images = decoding.decode(paths, len(paths), progress)
    labels = np.array([classes.index(path.parent.name) for path in paths], dtype=np.int64)
    cut = len(files["train"])
    train, test = Examples(images[:cut], labels[:cut]), Examples(images[cut:], labels[cut:])
    return Dataset(name, classes, train, test, root)


def pictures(root: Path, folder: str) -> list[Path]:
    """The pictures of one split; numbered files are in the order of their numbers."""
    if not (root / folder).is_dir():
        raise UserError(
            f"{root} is not a dataset: it needs {folder}/<class>/*.png. "
            "The datasets with names are mnist, digits and pen."
        )
    files = [file for file in (root / folder).glob("*/*") if file.suffix.lower() == ".png"]
    if not files:
        raise UserError(f"{root / folder} holds no pictures: put them into {folder}/<class>/*.png.")
    return sorted(files, key=lambda file: (natural(file.stem), natural(file.parent.name)))


def readable(path: Path) -> str:
    """The path as text that can be written anywhere: without the marks of undecodable bytes."""
    return path.as_posix().encode(errors="replace").decode()


def natural(text: str) -> tuple[bool, int, str]:
    """A sort key: numbers by value, then everything else by the alphabet: 2, 10, a."""
    is_number = text.isascii() and text.isdigit()
    return not is_number, int(text) if is_number else 0, text


def _check_classes(root: Path, classes: tuple[str, ...], files: dict[str, list[Path]]) -> None:
    training = root / SPLIT_FOLDERS["train"]
    for file in files["test"]:
        if file.parent.name not in classes:
            name = str(file.parent).encode(errors="replace").decode()
            raise UserError(f"{name} has no counterpart in {training}.")
    if len(classes) > MAX_CLASSES:
        raise UserError(f"{training} has {len(classes):,} classes: at most {MAX_CLASSES:,}.")
    for name in classes:
        if not is_class_name(name):
            raise UserError(
                f"{training} holds the class {name!r}: the name of a class is text of at most "
                f"{MAX_CLASS_NAME} letters."
            )
        if sum(file.parent.name == name for file in files["train"]) < 2:
            raise UserError(
                f"{training / name} holds one picture: a class needs two or more, "
                "some to train on and some to validate on."
            )


# --- fingerprints -------------------------------------------------------------------------------


def folder_times(root: str) -> str:
    """Fingerprint by the times of the class folders: takes 0.1 ms, and misses an edited file."""
    return _fingerprint(root, with_files=False)


def file_times(root: str) -> str:
    """Fingerprint by the size and time of every file: takes 3 microseconds a file."""
    return _fingerprint(root, with_files=True)


def _fingerprint(root: str, with_files: bool) -> str:
    state = hashlib.sha256()
    for folder in sorted(Path(root).glob("*/*/")):
        state.update(os.fsencode(f"{folder} {folder.stat().st_mtime_ns}"))
        if with_files:
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    with contextlib.suppress(OSError):  # a broken link, or a file just deleted
                        info = entry.stat()
                        line = f"{entry.name} {info.st_size} {info.st_mtime_ns}"
                        state.update(os.fsencode(line))
    return state.hexdigest()
