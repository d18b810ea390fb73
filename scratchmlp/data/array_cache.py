"""Stores arrays in files that are written atomically and checked when they are read.

What is read is mapped from the file, so that all processes of this machine share its memory. A
process that changes an array changes only its own copy.
"""

import json
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
            arrays = _map(file)
            intact = (opened.metadata() or {}).get("checksum") == _checksum(arrays)
    except (OSError, SafetensorError, KeyError):
        intact = False
    if not intact:
        log.warning("%s is damaged and will be made again.", file)
    return arrays if intact else None


_DTYPES = {"U8": np.uint8, "I64": np.int64, "F32": np.float32, "F64": np.float64}


def _map(file: Path) -> dict[str, NDArray]:
    """The arrays of a safetensors file: a length, a header in JSON, then the arrays' bytes."""
    content = np.memmap(file, np.uint8, mode="c").view(np.ndarray)
    start = 8 + int(content[:8].view("<u8")[0])
    header = json.loads(content[8:start].tobytes())
    header.pop("__metadata__", None)
    arrays = {}
    for key, entry in header.items():
        begin, end = entry["data_offsets"]
        part = content[start + begin : start + end].view(_DTYPES[entry["dtype"]])
        arrays[key] = part.reshape(entry["shape"])
    return arrays


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
