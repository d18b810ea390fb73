"""A folder of pictures as a dataset: its files, their classes, and what speaks against it."""

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

import numpy as np

from scratchmlp.data import layouts, uploads
from scratchmlp.data.layouts import Layout
from scratchmlp.data.types import (
    MAX_CLASS_NAME,
    MAX_CLASSES,
    Dataset,
    Examples,
    Progress,
    is_class_name,
)
from scratchmlp.errors import UserError
from scratchmlp.file_kinds import is_of_system

SPLIT_FOLDERS = {"train": "training", "test": "testing"}  # as this program names them
MAX_FILES = 1_000_000
MAX_DEPTH = 6  # of folders in folders
MAX_NAMED = 12  # files in one sentence
MAX_LEFT_OUT = 0.01  # of the pictures: more damage is refused
FORMAT = "2"  # of what is decoded: another one decodes every folder again


def folder_path(name: str) -> Path:
    """The full path of the folder or the file that a dataset's name means.

    Raises
    ------
    UserError
        No folder can have this name.
    """
    if uploads.is_upload(name):
        return uploads.path_of(name)
    try:
        name.encode()  # surrogates cannot be stored
        path = Path(name).expanduser().resolve()
        path.exists()  # raises if the name is too long
        return path
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(f"{name[:80]!r} is not a dataset: {error}.") from error


def find_root(name: str, progress: Progress) -> str:
    path = folder_path(name)
    if uploads.is_upload(name) and not path.exists():
        title = name.removeprefix(uploads.PREFIX)
        raise UserError(
            f"The uploaded pictures {title} are not on this machine: upload them again."
        )
    return str(path)


def files(root: Path) -> Iterator[PurePath]:
    """The paths of all files in a folder or a ZIP, relative to it, folders of a system included."""
    if root.is_file():
        from scratchmlp.data import zips

        yield from zips.names(root)
        return
    count = 0
    for folder, inner, names in os.walk(root):
        here = PurePath(folder).relative_to(root)
        names += [name for name in inner if is_of_system(name)]
        is_deep = len(here.parts) >= MAX_DEPTH
        inner[:] = [] if is_deep else [n for n in inner if not is_of_system(n)]
        count += len(names)
        if count > MAX_FILES:
            raise UserError(f"{root} holds more than {MAX_FILES:,} files: name a smaller folder.")
        yield from (here / name for name in names)


def find(root: Path) -> Layout:
    """The pictures of a folder.

    Raises
    ------
    UserError
        It holds none in folders of classes.
    """
    from scratchmlp.data import zips

    why = "there is no such folder"
    try:
        if root.is_dir() or zips.is_zip(root):
            return layouts.arrange(files(root))
        if root.is_file():
            why = f"it is {zips.kind(root) or 'a file of another kind'}"
    except layouts.NoPicturesError as error:
        why = str(error)
    raise UserError(
        f"{root} is not a dataset: {why}. The datasets with names are mnist, digits and pen."
    )


def decode(name: str, root: str, progress: Progress) -> Dataset:
    """The dataset in a folder of pictures, in one of the layouts that `layouts` knows.

    Raises
    ------
    UserError
        A sentence about what cannot be trained on; it names the files.
    """
    from scratchmlp.data import decoding, zips
    from scratchmlp.ink import polarity

    folder = Path(root)
    layout = find(folder)
    _check_classes(folder, layout)
    found = [*layout.train, *layout.test]
    paths = [picture.path for picture in found]
    contents = zips.contents(folder, paths) if folder.is_file() else (folder / p for p in paths)
    decoded = decoding.decode(contents, len(paths), progress)
    left_out = [(readable(found[row].path), why) for row, why in decoded.failures.items()]
    if len(left_out) > MAX_LEFT_OUT * len(found):
        raise UserError(damaged(folder, left_out, len(found)) + " Mend or remove them.")
    number = {name: i for i, name in enumerate(layout.classes)}
    labels = np.array([number[picture.label] for picture in found], dtype=np.int64)
    good = np.ones(len(found), dtype=bool)
    good[list(decoded.failures)] = False
    is_train = np.arange(len(found)) < len(layout.train)
    train, test = (
        Examples(decoded.images[good & part], labels[good & part]) for part in (is_train, ~is_train)
    )
    notes = [
        *layout.notes,
        *_untested(layout),
        *polarity.notes(decoded.is_inverted, decoded.others),
    ]
    return Dataset(
        name, layout.classes, train, test, root, notes=tuple(notes), left_out=tuple(left_out)
    )


def damaged(root: str | Path, left_out: Sequence[tuple[str, str]], total: int) -> str:
    """A sentence that names the pictures that cannot be used."""
    named = ", ".join(f"{file} ({why})" for file, why in left_out[:MAX_NAMED])
    more = len(left_out) - MAX_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{len(left_out):,} of {total:,} pictures in {root} cannot be used: {named}{rest}."


def readable(path: PurePath) -> str:
    """The path as text that can be written anywhere: without the marks of undecodable bytes."""
    return path.as_posix().encode(errors="replace").decode()


def _check_classes(root: Path, layout: Layout) -> None:
    """Refuse classes that cannot be trained on or tested."""
    classes, counts = layout.classes, Counter(picture.label for picture in layout.train)
    for picture in layout.test:
        if picture.label not in counts:
            folder = readable(root / picture.path.parent)
            raise UserError(
                f"{folder} has no counterpart among the training pictures: add some, or remove it."
            )
    if len(classes) < 2:
        raise UserError(
            f"{root} has one class only, {readable(PurePath(classes[0]))}: a network needs two "
            "or more to choose from."
        )
    if len(classes) > MAX_CLASSES:
        raise UserError(f"{root} has {len(classes):,} classes: at most {MAX_CLASSES:,}.")
    for name in classes:
        if not is_class_name(name):
            raise UserError(
                f"{root} holds the class {name!r}: the name of a class is text of at most "
                f"{MAX_CLASS_NAME} letters."
            )
        if counts[name] < 2:
            raise UserError(
                f"{root} has one training picture of {name}: a class needs two or more, "
                "some to train on and some to validate on."
            )


def _untested(layout: Layout) -> list[str]:
    """A sentence about classes that only the training pictures have."""
    tested = {picture.label for picture in layout.test}
    missing = [name for name in layout.classes if name not in tested]
    named = ", ".join(missing[:MAX_NAMED]) + (" and others" if len(missing) > MAX_NAMED else "")
    return [f"There are no test pictures of {named}, so these are not measured."] if missing else []


def check_images(dataset: Dataset) -> None:
    """Refuse pictures that no network can tell apart.

    Raises
    ------
    UserError
        All training pictures are blank, or all are the same.
    """
    images = dataset.train.images
    if not len(images):
        raise UserError(f"{dataset.root} has no training pictures that can be read.")
    if (images == images[:, :1, :1]).all():
        raise UserError(
            f"All pictures in {dataset.root} are blank: look whether they have ink that differs "
            "from the paper."
        )
    if (images == images[0]).all():
        raise UserError(f"All pictures in {dataset.root} are alike: there is nothing to learn.")


# --- fingerprints -------------------------------------------------------------------------------


def folder_times(root: str) -> str:
    """Fingerprint by the times of the class folders: takes 0.1 ms, and misses an edited file."""
    state = hashlib.sha256()
    for folder in sorted(Path(root).glob("*/*/")):
        state.update(os.fsencode(f"{folder} {folder.stat().st_mtime_ns}"))
    return state.hexdigest()


def file_times(root: str) -> str:
    """Fingerprint by the size and time of every file; a file may be a ZIP of them."""
    path = Path(root)
    if path.is_file():
        return times([path])
    return times(path / f for f in sorted(files(path)) if not is_of_system(f.name))


def times(found: Iterable[Path]) -> str:
    """Fingerprint by the sizes and times of these files."""
    state = hashlib.sha256(FORMAT.encode())
    for file in found:
        with contextlib.suppress(OSError):  # a broken link, or a file just deleted
            info = file.stat()
            state.update(os.fsencode(f"{file} {info.st_size} {info.st_mtime_ns}\n"))
    return state.hexdigest()
