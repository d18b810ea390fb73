"""Where the samples of a dataset come from: one table, and folders of your own.

A new source is two functions, `find_root` and `decode`, and one entry in `SOURCES`. A name that is
not in the table is the path of a folder. Modules that are slow to import are imported where they
are used, because the configuration reads the table.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.data import mnist
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


MNIST_PICTURES = 70_000  # in its archive


class Source(NamedTuple):
    """How the samples of a dataset are found and decoded.

    Attributes
    ----------
    title, help : its name on the screen, and a sentence about it.
    find_root : (name, progress) -> the folder of its files, downloaded if necessary, or the package
        that contains them. Raises `UserError` if there is no such folder.
    fingerprint : root -> a text that changes when the files change.
    decode : (name, root, progress) -> the dataset. Raises `UserError` if a file cannot be used.
    is_installed : it comes with the program's packages, so that nothing is downloaded.
    is_fixed : its files never change, so that the decoded file stays valid without them.
    """

    title: str
    help: str
    find_root: Callable[[str, Progress], str]
    fingerprint: Callable[[str], str]
    decode: Callable[[str, str, Progress], Dataset]
    is_installed: bool = False
    is_fixed: bool = False


def source_of(name: str) -> Source:
    """The table's entry for a dataset; a folder of pictures for any other name."""
    return SOURCES.get(name, FOLDER)


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


# --- MNIST and scikit-learn's digits ------------------------------------------------------------


def _mnist_root(name: str, progress: Progress) -> str:
    return str(mnist.find_root(progress))


def _mnist_fingerprint(root: str) -> str:
    archive = Path(root)
    if not archive.is_file():
        return folder_times(root)
    return f"{archive.stat().st_size} {archive.stat().st_mtime_ns}"


def _decode_mnist(name: str, root: str, progress: Progress) -> Dataset:
    """The archive's pictures in the order of their numbers, or those of an unpacked folder."""
    from scratchmlp.data import decoding

    if Path(root).is_dir():
        return _decode_folder(name, root, progress)
    files: list[Path] = []

    def read() -> Iterator[tuple[str, bytes]]:
        for path, data in mnist.pictures(Path(root)):
            files.append(Path(path))
            yield path, data

    images = decoding.decode(read(), MNIST_PICTURES, progress)
    digits, rows = tuple("0123456789"), range(len(files))
    splits = {}
    for split, folder in SPLIT_FOLDERS.items():
        own = [i for i in rows if files[i].parts[1:2] == (folder,) and files[i].parts[2] in digits]
        own.sort(key=lambda i: (_natural(files[i].stem), files[i].parts[2]))
        labels = np.array([digits.index(files[i].parts[2]) for i in own], dtype=np.int64)
        if not own:
            raise UserError(f"{root} is not the archive of MNIST: remove it, and try again.")
        splits[split] = Examples(images[own], labels)
    return Dataset(name, digits, splits["train"], splits["test"], root)


def _digits_root(name: str, progress: Progress) -> str:
    return "scikit-learn"


def _decode_digits(name: str, root: str, progress: Progress) -> Dataset:
    """scikit-learn's 1,797 digits (8 x 8, sixteen greys) prepared as MNIST's are.

    A fifth of them is the test split: always the same ones, and the same share of each digit.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from scratchmlp.ink import preparation

    bunch = load_digits()
    images = np.stack([preparation.as_mnist(image / 16) for image in bunch.images])
    labels = bunch.target.astype(np.int64)
    rows = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=42)
    train, test = (Examples(images, labels).take(np.sort(r)) for r in rows)
    return Dataset(name, tuple("0123456789"), train, test, root)


# --- a folder of pictures -----------------------------------------------------------------------


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


def _folder_root(name: str, progress: Progress) -> str:
    return str(folder_path(name))


def _decode_folder(name: str, root: str, progress: Progress) -> Dataset:
    """`training/<class>/*.png` and `testing/<class>/*.png`; `training` names the classes."""
    from scratchmlp.data import decoding

    files = {split: _pictures(Path(root), folder) for split, folder in SPLIT_FOLDERS.items()}
    classes = tuple(sorted({file.parent.name for file in files["train"]}, key=_natural))
    _check_classes(Path(root), classes, files)
    paths = [*files["train"], *files["test"]]
    images = decoding.decode(paths, len(paths), progress)
    labels = np.array([classes.index(path.parent.name) for path in paths], dtype=np.int64)
    cut = len(files["train"])
    train, test = Examples(images[:cut], labels[:cut]), Examples(images[cut:], labels[cut:])
    return Dataset(name, classes, train, test, root)


def _pictures(root: Path, folder: str) -> list[Path]:
    """The pictures of one split; numbered files are in the order of their numbers."""
    if not (root / folder).is_dir():
        raise UserError(
            f"{root} is not a dataset: it needs {folder}/<class>/*.png. "
            f"The datasets with names are {' and '.join(SOURCES)}."
        )
    files = [file for file in (root / folder).glob("*/*") if file.suffix.lower() == ".png"]
    if not files:
        raise UserError(f"{root / folder} holds no pictures: put them into {folder}/<class>/*.png.")
    return sorted(files, key=lambda file: (_natural(file.stem), _natural(file.parent.name)))


def file_names(dataset: Dataset, split: str) -> NDArray[np.str_]:
    """The file of each picture of "train" or "test", relative to the dataset's folder.

    The files of MNIST have the pictures' numbers. Where the files are gone, or where there were
    none, the names are made in the same way: from the class and the number.
    """
    examples, folder = getattr(dataset, split), SPLIT_FOLDERS[split]
    if dataset.name not in SOURCES:
        with contextlib.suppress(UserError):
            files = _pictures(Path(dataset.root), folder)
            if len(files) == len(examples):
                return np.array([_readable(file.relative_to(dataset.root)) for file in files])
    ending = "" if source_of(dataset.name).is_installed else ".png"
    numbered = enumerate(examples.labels)
    return np.array([f"{folder}/{dataset.classes[y]}/{i}{ending}" for i, y in numbered], dtype=str)


def _readable(path: Path) -> str:
    """The path as text that can be written anywhere: without the marks of undecodable bytes."""
    return path.as_posix().encode(errors="replace").decode()


def _natural(text: str) -> tuple[bool, int, str]:
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


SOURCES = {
    "mnist": Source(
        "MNIST",
        "60,000 training and 10,000 test pictures of handwritten digits.",
        _mnist_root,
        _mnist_fingerprint,
        _decode_mnist,
        is_fixed=True,
    ),
    "digits": Source(
        "scikit-learn's digits",
        "1,797 small handwritten digits that come with the program.",
        _digits_root,
        lambda root: "digits",
        _decode_digits,
        is_installed=True,
    ),
}
FOLDER = Source(
    "Your own folder",
    "A folder with training/<class>/*.png and testing/<class>/*.png.",
    _folder_root,
    file_times,
    _decode_folder,
)
DEFAULT = "mnist"
FALLBACK = "digits"  # where the default cannot be downloaded
HELP = f"{', '.join(SOURCES)}, or the path of a folder of pictures."
