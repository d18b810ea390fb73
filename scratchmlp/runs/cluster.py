"""The processes of a Dask cluster on this machine: how they start, what they load, how they end.

Every process of the cluster loads this module, but only the workers need PyTorch. So this module
does not import it, and has the Dask task, which the scheduler reads too: the scheduler starts in a
third of the time and takes a fifth of the memory.
Each process listens on loopback only, and exits when its parent exits.
"""

import gc
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dask.system import CPU_COUNT
from distributed import Worker
from distributed.system import MEMORY_LIMIT

from scratchmlp.runs.cluster_process import Process
from scratchmlp.runs.limits import whole_number

LOOPBACK = "127.0.0.1"
PARENT = "SCRATCHMLP_PARENT"  # tells a process whose child it is: the parent may die before it asks
NICENESS = 10  # of a worker: pages answer first
WORKER_MB = 500  # that a worker takes while it trains, and about as much as the app does
MAX_WORKERS = 1_000
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
# One thread of PyTorch, and of every other library, for each worker.
WORKER_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def default_workers() -> int:
    """How many workers this machine has: a core for each, and memory for each and for the app.

    Raises
    ------
    UserError
        `SCRATCHMLP_WORKERS` is set, but not to a whole number from 1 to 1,000.
    """
    if wish := os.environ.get("SCRATCHMLP_WORKERS"):
        return whole_number("SCRATCHMLP_WORKERS", wish, MAX_WORKERS)
    memory = MEMORY_LIMIT // 10**6  # of this container, if it has a limit
    return max(1, min(CPU_COUNT, memory // WORKER_MB - 1))


class LocalCluster:
    """A scheduler and workers of one thread each. `heal` replaces those that have died.

    Attributes
    ----------
    address : of the scheduler. It changes when the scheduler is replaced.
    size : the number of workers.
    """

    def __init__(self, workers: int) -> None:
        self.address, self.size = "", workers
        # `python -m dask` must find this package, whatever folder the app was started in.
        paths = str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")
        own = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), PARENT: str(os.getpid())}
        environment = ENVIRONMENT | os.environ | own
        self._scheduler = Process("distributed.Scheduler", environment)
        environment = WORKER_ENVIRONMENT | environment
        self._workers = [Process("distributed.Worker", environment) for _ in range(workers)]

    def start_as_copies(self) -> None:
        """Start all processes as copies of this one, where the system can do that.

        Call it before this process does anything in threads: what they do is not copied.
        """
        if sys.platform != "linux":  # on macOS, the system's own libraries do not survive it
            return
        from scratchmlp.runs import worker  # noqa: F401 (PyTorch, loaded once for all)

        gc.collect()
        gc.freeze()  # a collection writes into all that it looks at, and that would be copied
        self.heal(as_copies=True)

    def heal(self, as_copies: bool = False) -> None:
        """Start the processes that do not run. Workers do not outlive their scheduler."""
        if not self._scheduler.is_alive:
            for worker in self._workers:
                worker.kill()
            port = free_port()
            if self._scheduler.start([], SCHEDULER | {"port": port}, as_copies):
                self.address = f"tcp://{LOOPBACK}:{port}"
        if self._scheduler.is_alive:
            for worker in self._workers:
                if not worker.is_alive:
                    worker.start([self.address], WORKER, as_copies)

    def close(self) -> None:
        for process in (self._scheduler, *self._workers):
            process.kill()


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
