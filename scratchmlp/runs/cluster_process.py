"""A process of a Dask cluster: a program of its own, or a copy of the process that starts it.

A copy shares with this process all memory that neither has changed since. So PyTorch is loaded
once for the app and its workers. A worker that is a copy takes a third of the memory and starts at
once.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import dask
from distributed.cli import dask_spec
from distributed.config import initialize_logging
from threadpoolctl import threadpool_limits

RESTART_SECONDS = 3.0  # at least, between two starts of the same process

log = logging.getLogger(__name__)


class Process:
    """A scheduler or a worker, which can be started again.

    Parameters
    ----------
    dask_class : the name of its class.
    environment : all its environment variables.
    """

    def __init__(self, dask_class: str, environment: dict[str, str]) -> None:
        self._class, self._environment = dask_class, environment
        self._process: subprocess.Popen | Copy | None = None
        self._started = 0.0

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, arguments: list[str], options: dict[str, Any], as_copy: bool) -> bool:
        """Start it, unless it was started a moment ago."""
        now = time.monotonic()
        if self._process is not None and now - self._started < RESTART_SECONDS:
            return False
        command = [*arguments, "--spec", json.dumps({"cls": self._class, "opts": options})]
        if as_copy:
            self._process = Copy(lambda: _become(command, self._environment))
        else:
            program = [sys.executable, "-m", "dask", "spec", *command]
            self._process = subprocess.Popen(program, env=self._environment)
        self._started = now
        return True

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Copy:
    """A copy of this process in which a function runs; it has what `Process` uses of `Popen`.

    Raises
    ------
    OSError
        The system has no room for another process.
    """

    def __init__(self, function: Callable[[], None]) -> None:
        self._code: int | None = None
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                function()
                code = 0
            except Exception:
                log.exception("A process of the cluster has ended")
            finally:  # nothing above this line is the copy's
                os._exit(code)

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._ended(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait until it ends, and return how."""
        return self._ended(0)

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self._pid, signal.SIGKILL)

    def _ended(self, options: int) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self._pid, options)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code


def _become(command: list[str], environment: dict[str, str]) -> None:
    """Do what `python -m dask spec` does, in a copy of a process that does something else."""
    signal.set_wakeup_fd(-1)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # the server's socket, among others
    os.environ.update(environment)
    dask.config.refresh()
    initialize_logging(dask.config.config)
    threadpool_limits(1)  # libraries that are loaded already do not read the environment again
    dask_spec.main(command, standalone_mode=False)
