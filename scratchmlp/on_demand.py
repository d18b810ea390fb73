"""Loads a large package when a view or a worker first needs it: few do, and each takes memory.

One thread at a time: threads that enter a package at different ends would wait for each other.
"""

import importlib
import threading
from typing import Any

_LOCK = threading.Lock()


def load(module: str) -> Any:
    with _LOCK:
        return importlib.import_module(module)
