"""What a new Python process loads."""

import subprocess
import sys

from tests.conftest import ROOT


def loaded_after(code: str) -> set[str]:
    """The names of the modules that are loaded after this code."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint('loaded:', *sys.modules)"]
    out = subprocess.check_output(command, cwd=ROOT, text=True)
    return set(out.rpartition("loaded:")[2].split())
