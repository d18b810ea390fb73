"""Where a run computes, and how its data gets there."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError


def find_device(name: str) -> torch.device:
    """The device of that name.

    Raises
    ------
    UserError
        This machine has none.
    """
    if not has_device(name):
        raise UserError(f"device cannot be {name}: this machine has none; choose cpu.")
    return torch.device(name)


@functools.cache  # a page asks each time it is drawn
def has_device(name: str) -> bool:
    available: dict[str, Callable[[], Any]] = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    return bool(available[name]())


@contextmanager
def matmul_precision(name: str) -> Iterator[None]:
    """Matrix products are as exact as that here, and as before afterwards."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def to_tensors(examples: Examples, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Images uint8 (n, 28, 28) and labels int64 (n,), on `device`."""
    images, labels = torch.from_numpy(examples.images), torch.from_numpy(examples.labels)
    return images.to(device), labels.to(device)
