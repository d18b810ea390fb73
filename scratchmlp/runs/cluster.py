"""The processes of a Dask cluster on this machine: how they start, what they load, how they end.

Every process of the cluster loads this module, but only the workers need PyTorch. So this module
does not import it, and has the Dask task, which the scheduler reads too: the scheduler starts in a
third of the time and takes a fifth of the memory.
Each process listens on loopback only, and exits when its parent exits.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dask.system import CPU_COUNT
from distributed import Worker
from distributed.system import MEMORY_LIMIT

LOOPBACK = "127.0.0.1"
MB = 2**20
PARENT = "SCRATCHMLP_PARENT"  # tells a process whose child it is: the parent may die before it asks
NICENESS = 10  # of a worker: pages answer first
WORKER_MB = 500  # that a worker takes while it trains, and about as much as the app does
RESTART_SECONDS = 3.0  # at least, between two starts of the same process
QUIET = {"dashboard": False, "dashboard_address": f"{LOOPBACK}:0", "host": LOOPBACK}
SCHEDULER = QUIET | {"preload": [__name__], "allowed_failures": 0}
WORKER = QUIET | {"preload": [__name__], "nthreads": 1, "memory_limit": 0}
ENVIRONMENT = {
    "DASK_LOGGING__DISTRIBUTED": "critical",  # what dies is replaced, and no trouble
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "30s",
    # What Dask measures of its processes, up to a hundred times a second, nobody reads here.
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING": "False",
    "DASK_DISTRIBUTED__SCHEDULER__ACTIVE_MEMORY_MANAGER__START": "False",
}
# By default, the C library returns the memory of every tensor to the system at once, and a worker
# requests it again in each step: training took 1.5 times as long. A worker returns it after each
# run instead. Every run has a thread of its own, which needs no heap of its own: one trains at a
# time. One thread of PyTorch for each worker.
WORKER_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": str(256 * MB),
    "MALLOC_MMAP_THRESHOLD_": str(32 * MB),
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def default_workers() -> int:
    """How many workers this machine has: a core for each, and memory for each and for the app."""
    wish = os.environ.get("SCRATCHMLP_WORKERS", "")
    if wish.isdigit() and int(wish) > 0:
        return int(wish)
    memory = MEMORY_LIMIT // 10**6  # of this container, if it has a limit
    return max(1, min(CPU_COUNT, memory // WORKER_MB - 1))


class LocalCluster:
    """A scheduler and workers of one thread each. `heal` replaces those that have died.

    Attributes
    ----------
    address : of the scheduler. It changes when the scheduler is replaced.
    """

    def __init__(self, workers: int) -> None:
        self.address = ""
        # `python -m dask` must find this package, whatever folder the app was started in.
        paths = str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")
        own = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), PARENT: str(os.getpid())}
        environment = ENVIRONMENT | os.environ | own
        self._scheduler = Process("distributed.Scheduler", environment)
        environment = WORKER_ENVIRONMENT | environment
        self._workers = [Process("distributed.Worker", environment) for _ in range(workers)]

    def heal(self) -> None:
        """Start the processes that do not run. Workers do not outlive their scheduler."""
        if not self._scheduler.is_alive:
            for worker in self._workers:
                worker.kill()
            port = free_port()
            if self._scheduler.start([], SCHEDULER | {"port": port}):
                self.address = f"tcp://{LOOPBACK}:{port}"
        if self._scheduler.is_alive:
            for worker in self._workers:
                if not worker.is_alive:
                    worker.start([self.address], WORKER)

    def close(self) -> None:
        for process in (self._scheduler, *self._workers):
            process.kill()


class Process:
    """A process of the cluster, which can be started again."""

    def __init__(self, dask_class: str, environment: dict[str, str]) -> None:
        self._class, self._environment = dask_class, environment
        self._process: subprocess.Popen | None = None
        self._started = 0.0

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, arguments: list[str], options: dict[str, Any]) -> bool:
        """Start it, unless it was started a moment ago."""
        now = time.monotonic()
        if self._process is not None and now - self._started < RESTART_SECONDS:
            return False
        spec = json.dumps({"cls": self._class, "opts": options})
        command = [sys.executable, "-m", "dask", "spec", *arguments, "--spec", spec]
        self._process = subprocess.Popen(command, env=self._environment)
        self._started = now
        return True

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def work(url: str, name: str) -> None:
    """The Dask task of a worker: do what waits in the queue of the store at `url`."""
    from scratchmlp.runs import worker

    worker.work(url, name)


def dask_setup(server: Any) -> None:
    """Dask calls this when the scheduler or a worker starts."""
    threading.Thread(target=_exit_with_parent, args=[int(os.environ[PARENT])], daemon=True).start()
    if isinstance(server, Worker):
        from scratchmlp.runs import worker

        worker.prepare()
        os.nice(NICENESS)


def _exit_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def free_port() -> int:
    """A port of this machine on which nothing listens at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
