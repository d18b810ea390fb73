"""Where the pictures come from: MNIST, scikit-learn's digits, or a folder of your own.

All become the same thing: `Dataset`, a training and a test split of uint8 (n, 28, 28) images with
int64 labels. Decoded pictures are kept in one file a dataset under `SCRATCHMLP_HOME`, which is
made again whenever it is missing, damaged, or older than its source.
"""

import contextlib
import hashlib
import json
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchmlp import paths
from scratchmlp.data import array_cache, decoding
from scratchmlp.data.decoding import Progress
from scratchmlp.errors import UserError
from scratchmlp.ink import preparation

NAMED = ("mnist", "digits")
SPLITS = {"train": "training", "test": "testing"}
LONGEST_CLASS = 200  # letters of a class's name
REACH_SECONDS = 5.0  # how long MNIST's server may take to answer before we go on without it


@dataclass(frozen=True)
class Examples:
    """Images uint8 (n, 28, 28), 0 paper and 255 ink, and their labels int64 (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        return Examples(self.images[rows], self.labels[rows])


@dataclass(frozen=True)
class Dataset:
    """A training and a test split. `classes[label]` is a label's name; `root` is where it lies."""

    name: str
    classes: tuple[str, ...]
    train: Examples
    test: Examples
    root: str


def load(name: str = "mnist", progress: Progress = lambda what, done, total: None) -> Dataset:
    """Open a dataset from its decoded file, or make that file first.

    Parameters
    ----------
    name : "mnist", "digits", or the path of a folder that holds `training/<class>/*.png` and
        `testing/<class>/*.png`.
    progress : told of every step of a long preparation.

    Raises
    ------
    UserError
        The folder is not such a folder, a picture cannot be read, or MNIST cannot be fetched.
    """
    file = _cache_file(name)
    dataset = _read_cache(file, name)
    if dataset is None:
        root = _root(name, progress)
        fingerprint = _fingerprint(name, root)  # before: a picture may come while others are read
        known, dataset = _opened.get(file, ("", None))
        if dataset is None or known != fingerprint:
            dataset = _sklearn_digits() if name == "digits" else _folder(name, Path(root), progress)
            _opened[file] = fingerprint, dataset  # the file may not be to be had, on a full disk
            _write_cache(file, dataset, fingerprint)
    return dataset


def is_prepared(name: str) -> bool:
    """Whether `load` would come straight from the decoded file."""
    try:
        return _fresh_metadata(_cache_file(name), name) is not None
    except UserError:
        return False


def folder_of(name: str) -> Path:
    """The folder that is meant by the name of a dataset that is none of `NAMED`.

    Raises
    ------
    UserError
        There can be no such folder.
    """
    try:
        name.encode()  # a name of bytes that are no text can be kept nowhere
        path = Path(name).expanduser().resolve()
        path.exists()  # a name can be too long to ask for
        return path
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(f"{name[:80]!r} is not a dataset: {error}.") from error


def split(n: int, valid_pct: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and rows to validate on, by fastai's `RandomSplitter`, as in the post.

    Importing fastai takes seconds, so what it answered is kept beside the decoded pictures.
    """
    if valid_pct == 0:
        return np.arange(n), np.arange(0)
    file = paths.cache() / f"split-{n}-{valid_pct}-{seed}.safetensors"
    parts = array_cache.read(file)
    if parts is None:
        parts = dict(zip(("train", "valid"), _random_split(n, valid_pct, seed), strict=True))
        array_cache.write(file, parts, {})
    return parts["train"], parts["valid"]


def _random_split(
    n: int, valid_pct: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    import torch
    from fastai.data.transforms import RandomSplitter

    with torch.random.fork_rng(devices=[]):  # RandomSplitter seeds torch for everybody
        train, valid = RandomSplitter(valid_pct=valid_pct, seed=seed)(range(n))
    return np.array(train, dtype=np.int64), np.array(valid, dtype=np.int64)


# --- the decoded file ---------------------------------------------------------------------------


def _cache_file(name: str) -> Path:
    if name not in NAMED:
        path = folder_of(name)
        checksum = hashlib.sha256(os.fsencode(path)).hexdigest()
        name = f"{path.name[:40]}-{checksum[:12]}"
    return paths.cache() / f"{name}.safetensors"


def _fresh_metadata(file: Path, name: str) -> dict[str, str] | None:
    """What the decoded file says of itself, if it is of the source as it stands now."""
    metadata = array_cache.read_metadata(file)
    if metadata is None:
        return None
    root = metadata.get("root", "")
    gone = name == "mnist" and not Path(root).exists()  # still MNIST; nothing to compare with
    return metadata if gone or metadata.get("fingerprint") == _fingerprint(name, root) else None


# What this process has read already, and the checksum of the file or of the pictures it is of.
_opened: dict[Path, tuple[str, Dataset]] = {}


def _read_cache(file: Path, name: str) -> Dataset | None:
    metadata = _fresh_metadata(file, name)
    if metadata is None:
        return None
    checksum, dataset = _opened.get(file, ("", None))
    if dataset is None or checksum != metadata["checksum"]:
        arrays = array_cache.read(file)
        if arrays is None:
            return None
        train, test = (Examples(arrays[f"{s}_images"], arrays[f"{s}_labels"]) for s in SPLITS)
        classes = tuple(json.loads(metadata["classes"]))
        dataset = Dataset(name, classes, train, test, metadata["root"])
        _opened[file] = metadata["checksum"], dataset
    return dataset


def _write_cache(file: Path, dataset: Dataset, fingerprint: str) -> None:
    arrays = {
        f"{split_name}_{field}": value
        for split_name in SPLITS
        for field, value in vars(getattr(dataset, split_name)).items()
    }
    metadata = {
        "root": dataset.root,
        "fingerprint": fingerprint,
        "classes": json.dumps(dataset.classes),
    }
    array_cache.write(file, arrays, metadata)


def _fingerprint(name: str, root: str) -> str:
    """Changes when the source does.

    fastai's copy of MNIST is nobody's to edit, so its folders' times are enough (0.1 ms); in a
    folder of yours every picture's size and time count (3 microseconds a picture).
    """
    if name == "digits":
        return "digits"
    state = hashlib.sha256()
    for folder in sorted(Path(root).glob("*/*/")):
        state.update(os.fsencode(f"{folder} {folder.stat().st_mtime_ns}"))
        if name != "mnist":
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    with contextlib.suppress(OSError):  # a link to nowhere, or just deleted
                        info = entry.stat()
                        line = f"{entry.name} {info.st_size} {info.st_mtime_ns}"
                        state.update(os.fsencode(line))
    return state.hexdigest()


# --- the sources --------------------------------------------------------------------------------


def _root(name: str, progress: Progress) -> str:
    if name == "digits":
        return "scikit-learn"
    return str(_mnist_root(progress) if name == "mnist" else folder_of(name))


def _sklearn_digits() -> Dataset:
    """scikit-learn's 1,797 digits (8 x 8, sixteen greys) drawn as MNIST would have drawn them.

    A fifth of them, the same share of each digit and always the same ones, is the test split.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    images = np.stack([preparation.as_mnist(image / 16) for image in bunch.images])
    labels = bunch.target.astype(np.int64)
    rows = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=42)
    train, test = (Examples(images, labels).take(np.sort(r)) for r in rows)
    return Dataset("digits", tuple("0123456789"), train, test, "scikit-learn")


def _mnist_root(progress: Progress) -> Path:
    """fastai's folder of MNIST, fetched and unpacked if need be.

    Raises
    ------
    UserError
        It is not on disk, and its server does not answer within `REACH_SECONDS`.
    """
    progress("Looking for MNIST", 0, 0)
    import fastai.data
    from fastai.data.external import URLs, fastai_cfg, untar_data
    from fastdownload import FastDownload

    downloads = FastDownload(fastai_cfg(), module=fastai.data, base="~/.fastai")
    archive = downloads.arch_path() / Path(URLs.MNIST).name
    unpacked = downloads.data_path(arch=archive)
    known = archive.exists() and downloads.check(URLs.MNIST, archive)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # fastai draws its progress bar on stdout
            if unpacked.exists() or known or _answers(URLs.MNIST):
                progress("Fetching and unpacking MNIST", 0, 0)
                return Path(untar_data(URLs.MNIST))
            if archive.exists():  # another packing of MNIST than fastai knows, and no way to ask
                progress("Unpacking MNIST", 0, 0)
                return Path(downloads.extract(URLs.MNIST))
    except Exception as error:  # fastdownload raises bare Exceptions, and urllib and tarfile theirs
        raise UserError(
            f"MNIST could not be fetched or unpacked ({error}): try again, put {archive.name} "
            f"into {archive.parent}, or choose the dataset digits."
        ) from error
    raise UserError(
        f"MNIST is not on this machine and its server does not answer: connect and try again, put "
        f"{archive.name} into {archive.parent}, or choose the dataset digits."
    )


def _answers(url: str) -> bool:
    """Whether `url` can be fetched. Name look-ups know no time-out, so a thread asks."""
    import requests

    answers = []

    def ask() -> None:
        with contextlib.suppress(requests.RequestException):
            answers.append(requests.head(url, timeout=REACH_SECONDS, allow_redirects=True).ok)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(REACH_SECONDS)
    return any(answers)


def _folder(name: str, root: Path, progress: Progress) -> Dataset:
    """A folder of pictures; its class names are the names of the folders in `training`."""
    files = {split_name: _pictures(root, folder) for split_name, folder in SPLITS.items()}
    classes = tuple(sorted({file.parent.name for file in files["train"]}, key=_natural))
    for file in files["test"]:
        if file.parent.name not in classes:
            raise UserError(f"{file.parent} has no counterpart in {root / 'training'}.")
    for label in classes:
        if len(label) > LONGEST_CLASS or any("\ud800" <= letter <= "\udfff" for letter in label):
            raise UserError(
                f"{root / 'training'} holds {label!r}: a class has a name of text, and of at most "
                f"{LONGEST_CLASS} letters."
            )
        if sum(file.parent.name == label for file in files["train"]) < 2:
            raise UserError(
                f"{root / 'training' / label} holds one picture: a class needs two or more, "
                "some to learn from and some to check with."
            )
    paths = [*files["train"], *files["test"]]
    images = decoding.decode(paths, progress)
    labels = np.array([classes.index(path.parent.name) for path in paths], dtype=np.int64)
    cut = len(files["train"])
    train, test = Examples(images[:cut], labels[:cut]), Examples(images[cut:], labels[cut:])
    return Dataset(name, classes, train, test, str(root))


def _pictures(root: Path, folder: str) -> list[Path]:
    """The pictures of one split, in the order of their numbers where they are numbered."""
    if not (root / folder).is_dir():
        raise UserError(
            f"{root} is not a dataset: it needs {folder}/<class>/*.png. "
            f"The datasets with names are {' and '.join(NAMED)}."
        )
    files = [file for file in (root / folder).glob("*/*") if file.suffix.lower() == ".png"]
    if not files:
        raise UserError(f"{root / folder} holds no pictures: put them into {folder}/<class>/*.png.")
    return sorted(files, key=lambda file: (_natural(file.stem), _natural(file.parent.name)))


def _natural(text: str) -> tuple[bool, int, str]:
    """Numbers by their value, then everything else by the alphabet: 2 before 10 before a."""
    number = text.isascii() and text.isdigit()
    return not number, int(text) if number else 0, text
