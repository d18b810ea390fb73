"""A disk that is soon full."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Path:
    """A disk of one megabyte, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a disk of one megabyte")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
