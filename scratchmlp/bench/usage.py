"""What an app takes: the memory and the processor time of all its processes."""

import contextlib
from pathlib import Path
from typing import NamedTuple

import psutil

MB = 1_000_000


class Usage(NamedTuple):
    """Megabytes (proportional set size) of all processes, and seconds of a core that they took.

    A page of memory that several processes share counts once, divided among them.
    """

    mb: float
    seconds: float  # of all processes
    page_seconds: float  # of the process that draws the pages


def usage(pid: int) -> Usage:
    """Of a process and all its children."""
    parent = psutil.Process(pid)
    processes = [parent, *parent.children(recursive=True)]
    mb = seconds = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, OSError):
            mb += proportional_mb(process.pid)
            seconds += _seconds(process)
    return Usage(mb, seconds, _seconds(parent))


def proportional_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / MB
    return 0.0


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
