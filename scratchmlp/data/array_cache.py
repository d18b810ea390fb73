"""Stores arrays in files that are written atomically and checked when they are read."""

import logging
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

FORMAT_VERSION = "1"

log = logging.getLogger(__name__)


def read(file: Path) -> dict[str, NDArray] | None:
    """The arrays of a file; None if it does not exist or is damaged."""
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="numpy") as opened:
            arrays = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
            intact = (opened.metadata() or {}).get("checksum") == _checksum(arrays)
    except (OSError, SafetensorError):
        intact = False
    if not intact:
        log.warning("%s is damaged and will be made again.", file)
    return arrays if intact else None


def read_metadata(file: Path) -> dict[str, str] | None:
    """The metadata of a file, without its arrays; None if it does not exist or is not readable."""
    try:
        with safe_open(file, framework="numpy") as opened:
            metadata: dict[str, str] = opened.metadata() or {}
    except (OSError, SafetensorError):
        return None
    return metadata if metadata.get("format") == FORMAT_VERSION else None


def write(file: Path, arrays: dict[str, NDArray], metadata: dict[str, str]) -> None:
    """Write a temporary file, then rename it. A failure is only a warning in the log."""
    metadata = metadata | {"format": FORMAT_VERSION, "checksum": _checksum(arrays)}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            new = Path(folder) / file.name
            save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, new, metadata)
            new.replace(file)
    except (OSError, SafetensorError) as error:
        log.warning("%s could not be written, and will be made again next time (%s).", file, error)


def _checksum(arrays: dict[str, NDArray]) -> str:
    checksum = 0
    for key in sorted(arrays):
        checksum = zlib.crc32(np.ascontiguousarray(arrays[key]).data, checksum)
    return str(checksum)
