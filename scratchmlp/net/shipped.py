"""The network that comes with the program: its weights, and what was measured of it.

The file is like that of any network, but in half precision, and its metadata has some figures more.
`bench/hands.py` makes it. PyTorch is not imported here.
"""

import functools
import json
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save

from scratchmlp import paths
from scratchmlp.net.config import TrainConfig

FILE = paths.SHIPPED / "hands.safetensors"
FIGURES = ("created", "test_accuracy", "test_loss", "train_seconds", "sure")


@functools.cache
def metadata() -> dict[str, Any]:
    """What the file says besides its weights; `FIGURES` are among it."""
    with safe_open(FILE, framework="numpy") as opened:
        return {key: json.loads(text) for key, text in opened.metadata().items()}


@functools.cache
def config() -> TrainConfig:
    """The configuration that it was trained with."""
    return TrainConfig.from_mapping(metadata()["config"])


@functools.cache
def network_bytes() -> bytes:
    """The file of the network as any other run has it, in single precision."""
    tensors = {key: value.astype(np.float32) for key, value in load_file(FILE).items()}
    kept = {key: json.dumps(value) for key, value in metadata().items() if key not in FIGURES}
    return save(tensors, kept)
