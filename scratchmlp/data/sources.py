"""Where the samples of a dataset come from: one table of sources.

A new source is two functions, `find_root` and `decode`, and one entry in `SOURCES`. A name that is
not in the table is the path of a folder. Modules that are slow to import are imported where they
are used, because the configuration reads the table.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchmlp.data import folders, joined, layouts, mnist, pen, uploads
from scratchmlp.data.types import DIGIT_CLASSES, Dataset, Examples, Progress
from scratchmlp.errors import UserError

MNIST_PICTURES = 70_000  # in its archive


class Source(NamedTuple):
    """How the samples of a dataset are found and decoded.

    Attributes
    ----------
    title, help : its name on the screen, and a sentence about it.
    n_train : how many training pictures it has; 0 where that is not always the same.
    writers : whose handwriting it is, as the end of a sentence.
    find_root : (name, progress) -> the folder of its files, downloaded if necessary, or the package
        that contains them. Raises `UserError` if there is no such folder.
    fingerprint : root -> a text that changes when the files change.
    decode : (name, root, progress) -> the dataset. Raises `UserError` if a file cannot be used.
    is_installed : it comes with the program's packages, so that nothing is downloaded.
    is_fixed : its files never change, so that the decoded file stays valid without them.
    has_test : it has a test split.
    """

    title: str
    help: str
    find_root: Callable[[str, Progress], str]
    fingerprint: Callable[[str], str]
    decode: Callable[[str, str, Progress], Dataset]
    n_train: int = 0
    writers: str = "the people whose pictures are in your folder"
    is_installed: bool = False
    is_fixed: bool = False
    has_test: bool = True


def source_of(name: str) -> Source:
    """The table's entry for a dataset; a folder of pictures for any other name."""
    return SOURCES.get(name, FOLDER)


def parts(name: str) -> tuple[str, ...]:
    """The datasets that a name joins, as in `mnist+digits`: often it is only one."""
    return joined.split_name(name, SOURCES)


def is_named(name: str) -> bool:
    """Whether every part of a dataset is in the table, so that it is not a folder of somebody's."""
    return all(part in SOURCES for part in parts(name))


def count_pictures(name: str) -> int:
    """The pictures of an epoch, where every part of the dataset has a name; 0 elsewhere."""
    counts = [source_of(part).n_train for part in parts(name)]
    if not all(counts):
        return 0
    return sum(n * joined.times(n, max(counts)) for n in counts)


def absolute(name: str) -> str:
    """The same dataset with the full paths of its folders."""
    return joined.SIGN.join(map(_absolute, parts(name)))


def _absolute(name: str) -> str:
    is_full = name in SOURCES or uploads.is_upload(name)
    return name if is_full else str(folders.folder_path(name))


# --- MNIST and scikit-learn's digits ------------------------------------------------------------


def _mnist_root(name: str, progress: Progress) -> str:
    return str(mnist.find_root(progress))


def _mnist_fingerprint(root: str) -> str:
    archive = Path(root)
    if not archive.is_file():
        return folders.folder_times(root)
    return f"{archive.stat().st_size} {archive.stat().st_mtime_ns}"


def _decode_mnist(name: str, root: str, progress: Progress) -> Dataset:
    """The archive's pictures in the order of their numbers, or those of an unpacked folder."""
    from scratchmlp.data import decoding

    if Path(root).is_dir():
        return folders.decode(name, root, progress)
    files: list[Path] = []

    def read() -> Iterator[bytes]:
        for path, data in mnist.pictures(Path(root)):
            files.append(Path(path))
            yield data

    images, failures, *_ = decoding.decode(read(), MNIST_PICTURES, progress)
    if failures:
        row = min(failures)
        raise UserError(f"{files[row]} in {root} is damaged ({failures[row]}): remove {root}.")
    splits = {}
    for split, folder in folders.SPLIT_FOLDERS.items():
        inside = [i for i in range(len(files)) if files[i].parts[1:2] == (folder,)]
        own = [i for i in inside if files[i].parts[2] in DIGIT_CLASSES]
        own.sort(key=lambda i: (layouts.natural(files[i].stem), files[i].parts[2]))
        labels = np.array([DIGIT_CLASSES.index(files[i].parts[2]) for i in own], dtype=np.int64)
        if not own:
            raise UserError(f"{root} is not the archive of MNIST: remove it, and try again.")
        splits[split] = Examples(images[own], labels)
    return Dataset(name, DIGIT_CLASSES, splits["train"], splits["test"], root)


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
    return Dataset(name, DIGIT_CLASSES, train, test, root)


def _own_fingerprint(root: str) -> str:
    from scratchmlp.data import number_files

    found = number_files.find(Path(root))
    return folders.times(found.paths.values()) if found else folders.file_times(root)


def _decode_own(name: str, root: str, progress: Progress) -> Dataset:
    """A folder of pictures, or a dataset in files of numbers."""
    from scratchmlp.data import number_files

    if found := number_files.find(Path(root)):
        return number_files.decode(name, root, found, progress)
    return folders.decode(name, root, progress)


def file_names(dataset: Dataset, split: str) -> NDArray[np.str_]:
    """The file of each picture of "train" or "test", relative to the dataset's folder.

    The files of MNIST have the pictures' numbers. Where the files are gone, or where there were
    none, the names are made in the same way: from the class and the number.
    """
    classes = np.array(dataset.classes)[getattr(dataset, split).labels]
    left_out = {file for file, _ in dataset.left_out}
    if not dataset.parts:
        return _file_names(dataset.name, dataset.root, split, classes, left_out)
    if split == "test":  # it is that of the first part
        return _file_names(dataset.parts[0].name, dataset.parts[0].root, split, classes, left_out)
    ends = np.cumsum([part.n for part in dataset.parts])
    names = [
        np.char.add(
            f"{Path(part.name).name}/",
            _file_names(part.name, part.root, split, classes[end - part.n : end], left_out),
        )
        for part, end in zip(dataset.parts, ends, strict=True)
    ]
    return np.concatenate(names)


def _file_names(
    name: str, root: str, split: str, classes: NDArray[np.str_], left_out: Collection[str]
) -> NDArray[np.str_]:
    """The file of each picture of a dataset that is not joined; `classes` are theirs."""
    folder = folders.SPLIT_FOLDERS[split]
    if name not in SOURCES:
        with contextlib.suppress(UserError):
            found = getattr(folders.find(Path(root)), split)
            names = [folders.readable(picture.path) for picture in found]
            names = [name for name in names if name not in left_out]
            if len(names) == len(classes):
                return np.array(names)
    ending = "" if source_of(name).is_installed else ".png"
    return np.array([f"{folder}/{y}/{i}{ending}" for i, y in enumerate(classes)], dtype=str)


SOURCES = {
    "mnist": Source(
        "MNIST",
        "60,000 training and 10,000 test pictures of handwritten digits.",
        _mnist_root,
        _mnist_fingerprint,
        _decode_mnist,
        n_train=60_000,
        writers="Americans (1989 and 1990)",
        is_fixed=True,
    ),
    "digits": Source(
        "scikit-learn's digits",
        "1,797 small handwritten digits that come with the program.",
        _digits_root,
        lambda root: "digits",
        _decode_digits,
        n_train=1_437,
        writers="13 people in Turkey",
        is_installed=True,
    ),
    "pen": Source(
        "UCI pen digits",
        "7,494 digits that 30 people wrote with a pen on a tablet, drawn as the Draw page does.",
        pen.find_root,
        pen.fingerprint,
        pen.decode,
        n_train=7_494,
        writers="30 people in Turkey who wrote on a tablet",
        is_fixed=True,
        has_test=False,
    ),
}
FOLDER = Source(
    "Your own pictures",
    "A folder or a ZIP of pictures, <class>/*.png, or MNIST's own files, a CSV or an npz file.",
    folders.find_root,
    _own_fingerprint,
    _decode_own,
)
DEFAULT = "mnist"
MIXED = "mnist+digits+pen"  # many hands
JOINED = ("mnist+digits", "mnist+pen", MIXED)  # what pages offer; any are possible
FALLBACK = "digits"  # where the default cannot be downloaded
HELP = (
    f"{', '.join(SOURCES)}, or the path of pictures: a folder or a ZIP, "
    "MNIST's own files, train.csv, mnist.npz; "
    "several are joined by +, as in mnist+digits."
)
