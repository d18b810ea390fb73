"""Loads a dataset: from its decoded file, or from its source.

The decoded arrays of a dataset are one file under `SCRATCHMLP_HOME`. The file is made again if it
is missing or damaged, or if the source has changed (`data.sources` has the sources).
"""

import dataclasses
import hashlib
import json
import operator
import os
from pathlib import Path

import numpy as np

from scratchmlp import paths
from scratchmlp.data import array_cache, folders, joined, sources, uploads
from scratchmlp.data.types import Dataset, Examples, Progress
from scratchmlp.errors import UserError

__all__ = ["Dataset", "Examples", "Progress", "at_hand", "is_prepared", "load", "prepared_part"]

_SPLITS = ("train", "test")


def load(
    name: str = sources.DEFAULT, progress: Progress = lambda what, done, total: None
) -> Dataset:
    """Open a dataset; decode it first if necessary.

    Parameters
    ----------
    name : a key of `sources.SOURCES`, or the path of a folder of pictures; or several of these,
        joined by `+`.
    progress : called at every step of a long preparation.

    Raises
    ------
    UserError
        There is no such folder, its pictures cannot be trained on, or a download fails; or datasets
        with different classes cannot be joined.
    """
    parts = sources.parts(name)
    if len(parts) > 1:
        return _join(name, [load(part, progress) for part in parts])
    file = _cache_file(name)
    dataset = _read_cache(file, name)
    if dataset is None:
        source = sources.source_of(name)
        root = source.find_root(name, progress)
        fingerprint = source.fingerprint(root)  # before decoding: files may be added meanwhile
        known, dataset = _opened.get(file, ("", None))
        if dataset is None or known != fingerprint:
            dataset = source.decode(name, root, progress)
            if name not in sources.SOURCES:
                folders.check_images(dataset)
            _opened[file] = fingerprint, dataset  # in case the disk is full
            _write_cache(file, dataset, fingerprint)
    return dataset


def demand_complete(dataset: Dataset, skip_damaged: bool) -> None:
    """Refuse to train on a part of the pictures, unless that was chosen.

    Raises
    ------
    UserError
        A sentence that names the pictures that cannot be used.
    """
    if dataset.left_out and not skip_damaged:
        total = len(dataset.train) + len(dataset.test) + len(dataset.left_out)
        raise UserError(
            folders.damaged(dataset.root, dataset.left_out, total)
            + " Mend or remove them, or choose to leave out damaged pictures (--skip-damaged true)."
        )


def is_prepared(name: str) -> bool:
    """Whether `load` needs only decoded files."""
    try:
        return all(_fresh_metadata(_cache_file(part), part) for part in sources.parts(name))
    except UserError:
        return False


def prepared_part(name: str) -> str | None:
    """The first part of a dataset that is prepared; all parts have the same classes."""
    return next(filter(is_prepared, sources.parts(name)), None)


def at_hand(name: str) -> Dataset:
    """What can be had of a dataset without a download: of a joined one, the parts that are here.

    Without the first part, whose test split counts, the test split is empty.
    """
    parts = sources.parts(name)
    here = [p for p in parts if is_prepared(p) or sources.source_of(p).is_installed]
    if not here or here == list(parts):
        return load(name)
    found = load(joined.SIGN.join(here))
    test = found.test if here[0] == parts[0] else found.test.take(np.arange(0))
    return dataclasses.replace(found, test=test)


# The last dataset that was joined, and its parts: 70 MB, which are not mapped from a file.
_joined: list[tuple[list[Dataset], Dataset]] = []


def _join(name: str, parts: list[Dataset]) -> Dataset:
    for known, dataset in _joined:
        if dataset.name == name and all(map(operator.is_, known, parts)):
            return dataset
    _joined[:] = [(parts, joined.join(name, parts))]
    return _joined[0][1]


def forget(name: str) -> None:
    """Delete the decoded pictures of an upload that nobody keeps any more."""
    if uploads.is_upload(name) and not uploads.path_of(name).exists():
        _cache_file(name).unlink(missing_ok=True)


def _cache_file(name: str) -> Path:
    if uploads.is_upload(name):
        name = name.replace(uploads.PREFIX, "upload-")
    elif name not in sources.SOURCES:
        path = folders.folder_path(name)
        checksum = hashlib.sha256(os.fsencode(path)).hexdigest()
        name = f"{path.name[:40]}-{checksum[:12]}"
    return paths.cache() / f"{name}.safetensors"


def _fresh_metadata(file: Path, name: str) -> dict[str, str] | None:
    """The metadata of the decoded file; None if its source has changed since."""
    metadata = array_cache.read_metadata(file)
    if metadata is None:
        return None
    source, root = sources.source_of(name), metadata.get("root", "")
    if source.is_fixed and not Path(root).exists():
        return metadata
    return metadata if metadata.get("fingerprint") == source.fingerprint(root) else None


# What this process has opened, with the checksum of the file or the fingerprint of the source.
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
        train, test = (Examples(arrays[f"{s}_images"], arrays[f"{s}_labels"]) for s in _SPLITS)
        classes = tuple(json.loads(metadata["classes"]))
        notes = tuple(json.loads(metadata.get("notes", "[]")))
        left_out = tuple((file, why) for file, why in json.loads(metadata.get("left_out", "[]")))
        dataset = Dataset(
            name, classes, train, test, metadata["root"], notes=notes, left_out=left_out
        )
        _opened[file] = metadata["checksum"], dataset
    return dataset


def _write_cache(file: Path, dataset: Dataset, fingerprint: str) -> None:
    arrays = {
        f"{split}_{field}": value
        for split in _SPLITS
        for field, value in vars(getattr(dataset, split)).items()
    }
    metadata = {
        "root": dataset.root,
        "fingerprint": fingerprint,
        "classes": json.dumps(dataset.classes),
        "notes": json.dumps(dataset.notes),
        "left_out": json.dumps(dataset.left_out),
    }
    array_cache.write(file, arrays, metadata)
