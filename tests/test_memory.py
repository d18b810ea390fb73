"""What a process keeps of the memory that it has freed, and what it gives back."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

# A thread fills 60 MB with small arrays, and frees them; it does not end.
SCRIPT = """
import sys, threading
import psutil
from scratchmlp import memory

def megabytes():
    return psutil.Process().memory_info().rss / 1e6

def fill():
    before = megabytes()
    arrays = [b"x" * 10**6 for _ in range(60)]
    del arrays
    if sys.argv[1] == "gives back":
        memory.give_back()
    print(megabytes() - before)

memory.keep_large()
thread = threading.Thread(target=fill)
thread.start()
thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's C library can be asked")
def test_a_thread_keeps_its_memory_until_it_gives_it_back() -> None:
    assert kept("keeps") > 55
    assert kept("gives back") < 5


def kept(what: str) -> float:
    """Megabytes that a thread still has after it has freed 60."""
    command = [sys.executable, "-c", SCRIPT, what]
    return float(subprocess.check_output(command, cwd=ROOT, text=True))
