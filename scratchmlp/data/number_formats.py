"""Reads files of numbers: MNIST's own format (IDX), Kaggle's CSV, and Keras' npz.

A file is read only as far as the size that it states, and nothing in it is run.
"""

import gzip
import math
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchmlp.data import layouts
from scratchmlp.errors import UserError
from scratchmlp.file_kinds import READ, kind_of
from scratchmlp.ink.types import SIDE

MAX_PICTURES = 1_000_000
PIXELS = SIDE * SIDE
NPZ_ARRAYS = ("x_train", "y_train", "x_test", "y_test")

Split = tuple[NDArray[np.uint8], NDArray]
"""Images uint8 (n, 28, 28) and their labels (n,)."""


# --- MNIST's own format -------------------------------------------------------------------------


def read_idx_files(paths: dict[str, Path]) -> tuple[Split, Split, list[str]]:
    return _read_idx_split(paths, "train"), _read_idx_split(paths, "test"), []


def _read_idx_split(paths: dict[str, Path], split: str) -> Split:
    file = paths[f"{split} images"]
    return _images(_read_idx(file, 3), file), _read_idx(paths[f"{split} labels"], 1)


def _read_idx(file: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array in an IDX file: two zeros, type, dimensions, sizes, bytes."""
    try:
        with file.open("rb") as raw:
            is_packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(file) if is_packed else file.open("rb") as opened:
            head = opened.read(4 + 4 * dimensions)
            if head[:4] != bytes([0, 0, 8, dimensions]) or len(head) < 4 + 4 * dimensions:
                raise _foreign(file, "MNIST's own format")
            shape = struct.unpack(f">{dimensions}I", head[4:])
            if shape[0] > MAX_PICTURES or math.prod(shape[1:]) > PIXELS:
                raise UserError(f"{file} holds arrays of {shape}: pictures are {SIDE} x {SIDE}.")
            data = opened.read(math.prod(shape) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{file} cannot be read ({error}): fetch it again.") from error
    if len(data) != math.prod(shape):
        raise UserError(f"{file} is not of the size that it states: fetch it again.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _images(array: NDArray, file: Path) -> NDArray[np.uint8]:
    """(n, 28, 28) from (n, 28, 28), (n, 28, 28, 1) or (n, 784), of whole numbers to 255."""
    if array.shape[1:] not in ((SIDE, SIDE), (SIDE, SIDE, 1), (PIXELS,)):
        size = " x ".join(map(str, array.shape[1:])) or "no size"
        raise UserError(f"{file} holds pictures of {size}: they must be {SIDE} x {SIDE}.")
    if array.dtype.kind == "f" and array.size and array.max() <= 1:
        array = array * 255
    if array.dtype.kind not in "uif" or not ((array >= 0) & (array <= 255)).all():
        raise UserError(f"{file} holds pixels that are not numbers from 0 to 255.")
    return np.round(array).astype(np.uint8).reshape(-1, SIDE, SIDE)


def _foreign(file: Path, expected: str) -> UserError:
    with file.open("rb") as opened:
        kind = kind_of(opened.read(READ))
    return UserError(f"{file} is {kind or 'not a file of ' + expected}: fetch it again.")


# --- Kaggle's CSV -------------------------------------------------------------------------------


def read_csv_files(paths: dict[str, Path]) -> tuple[Split, Split | None, list[str]]:
    train = _read_csv(paths["train"])
    if train is None:
        raise UserError(f"{paths['train']} has no labels: its first column must be label.")
    if "test" not in paths:
        return train, None, [f"There is no test.csv, {layouts.SPLIT_OFF}"]
    test = _read_csv(paths["test"])
    if test is None:
        return train, None, [f"{paths['test'].name} has no labels, {layouts.SPLIT_OFF}"]
    return train, test, []


def _read_csv(file: Path) -> Split | None:
    """Pictures and labels of a file with a label and 784 pixels in each line; None without labels.

    The first line may name the columns.
    """
    import pandas as pd

    try:
        first = pd.read_csv(file, header=None, nrows=1, dtype=str).iloc[0]
        has_names = not first.str.strip().str.fullmatch(r"\d+(\.0*)?").all()
        table = pd.read_csv(file, header=0 if has_names else None, nrows=MAX_PICTURES + 1)
    except (OSError, ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise _foreign(file, "CSV") from error
    columns = len(table.columns)
    if columns not in (PIXELS, PIXELS + 1) or len(table) > MAX_PICTURES:
        raise UserError(
            f"{file} has {columns:,} columns and {len(table):,} lines: a line is a label and "
            f"{PIXELS} pixels, and at most {MAX_PICTURES:,} are read."
        )
    if not all(kind.kind in "uif" for kind in table.dtypes) or table.isna().any(axis=None):
        raise UserError(f"{file} holds what is no number: a line is a label and {PIXELS} pixels.")
    if columns == PIXELS:
        return None
    values = table.to_numpy()
    at = table.columns.get_loc("label") if "label" in table.columns else 0
    return _images(np.delete(values, at, axis=1), file), values[:, at].astype(np.int64)


# --- Keras' npz ---------------------------------------------------------------------------------


def read_npz(paths: dict[str, Path]) -> tuple[Split, Split | None, list[str]]:
    file = paths["npz"]
    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(info.file_size for info in packed.infolist())
        if unpacked > MAX_PICTURES * PIXELS * 8:
            raise UserError(f"{file} unpacks to {unpacked / 1e9:.0f} GB: it is too large.")
        with np.load(file, allow_pickle=False) as arrays:
            if not set(NPZ_ARRAYS) <= set(arrays):
                named = ", ".join(list(arrays)[:6])
                raise UserError(f"{file} needs the arrays {', '.join(NPZ_ARRAYS)}: it has {named}.")
            x_train, y_train, x_test, y_test = (arrays[name] for name in NPZ_ARRAYS)
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile, KeyError) as error:
        raise _foreign(file, "numpy") from error
    train = _images(x_train, file), _labels(y_train, file)
    return train, (_images(x_test, file), _labels(y_test, file)), []


def _labels(array: NDArray, file: Path) -> NDArray:
    """(n,) from (n,), (n, 1) or one-hot (n, classes)."""
    if array.ndim == 2 and array.shape[1] > 1:
        array = array.argmax(axis=1)
    if array.ndim not in (1, 2) or array.dtype.kind not in "ui":
        raise UserError(f"{file} holds labels that are not whole numbers.")
    return array.reshape(-1)
