"""Trains queued runs in other processes: on a Dask cluster of its own, or on an existing one.

The queue is in the store: a run waits there until a worker claims it, and only one worker can. So
a run may be submitted to Dask several times, and a run whose worker was killed never starts again
unnoticed.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dask.system import CPU_COUNT
from dask.task_spec import Task
from distributed import Client, Future, KilledWorker, secede

from scratchmlp.errors import UserError
from scratchmlp.runs.cluster import local_cluster
from scratchmlp.runs.store import Store

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
WORKER_SECONDS = 60.0  # in which a worker must have started
KILLED = "The process that worked on this was killed, by a person or because memory ran out:"

OnKilled = Callable[[str], None]  # called with the id of a run or a task


class Jobs:
    """Submits queued runs and tasks to workers. The cluster starts in the background.

    Parameters
    ----------
    store : the store that has the runs.
    workers : the number of workers; the number of cores if None.
    """

    def __init__(self, store: Store, workers: int | None = None) -> None:
        self._failure: str | None = None
        self._absence: str | None = None
        self._closed = threading.Event()
        self._store = store
        self._workers = workers or CPU_COUNT
        self._client: Client | None = None
        self._watcher: threading.Thread | None = None
        self._cluster: Any = None
        self._sent = 0
        self._last_attended = time.monotonic()  # when there last was a worker, or nothing to do
        self._futures: dict[str, tuple[Future, OnKilled]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        self._thread.submit(self._guarded, self._start)

    @property
    def trouble(self) -> str | None:
        """One sentence if the cluster is not available or has had no worker for a while."""
        return self._failure or self._absence

    def submit(self, run_id: str) -> None:
        """Submit a run that is queued in the store."""
        self._thread.submit(self._guarded, lambda: self._send(run_id, train, self._run_killed))

    def submit_task(self, task_id: str) -> None:
        """Submit a task that is queued in the store."""
        self._thread.submit(self._guarded, lambda: self._send(task_id, do_task, self._task_killed))

    def wait_until_ready(self, timeout: float = 60) -> None:
        """Wait until every worker has started and has loaded PyTorch and the data."""
        self._thread.submit(lambda: None).result(timeout)
        if self._client and self._cluster:
            self._client.wait_for_workers(self._workers, timeout)

    def close(self) -> None:
        """End the workers. The runs that they train become lost, and can be resumed."""
        self._closed.set()
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._watcher:
            self._watcher.join()
        for closable in (self._client, self._cluster):
            if closable is not None:
                closable.close()

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            log.exception("The training processes are not available.")
            self._failure = (
                f"The training processes are not available ({error}): restart the app, "
                "or correct SCRATCHMLP_SCHEDULER."
            )
        else:
            self._failure = None

    def _start(self) -> None:
        address = os.environ.get("SCRATCHMLP_SCHEDULER")
        if address:
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        else:
            self._cluster = self._cluster or local_cluster(self._workers)
            self._client = Client(self._cluster, set_as_default=False)
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="watch-jobs")
        self._watcher.start()
        for run_id in self._store.queue():  # still queued since the app last ended
            self._send(run_id, train, self._run_killed)
        for task_id in self._store.tasks.queue():
            self._send(task_id, do_task, self._task_killed)

    def _send(self, item_id: str, work: Callable[[str, Any], None], on_killed: OnKilled) -> None:
        if self._client is None:
            self._start()
        assert self._client is not None
        self._sent += 1
        key = f"{item_id}-{os.getpid()}-{self._sent}"
        # A "data producer" stays in the scheduler until a worker is free: it waits behind no other.
        task = Task(key, work, item_id, self._store.url, _data_producer=True)
        [future] = self._client.get({key: task}, [key], sync=False)
        self._futures[item_id] = future, on_killed

    def _watch(self) -> None:
        """Watch what was submitted. (Dask's own callbacks may run after the interpreter's end.)

        A worker that raised an error has written it into the store; a killed worker could not.
        """
        while not self._closed.wait(0.2):
            self._check_workers()
            for item_id, (future, on_killed) in list(self._futures.items()):
                if future.done():
                    del self._futures[item_id]
                    if future.status == "error" and isinstance(future.exception(), KilledWorker):
                        with contextlib.suppress(UserError):  # it may have been deleted since
                            on_killed(item_id)

    def _check_workers(self) -> None:
        """Set or clear `_absence`: Dask does not report that no worker has started."""
        now = time.monotonic()
        if not self._futures or self._has_workers():
            self._last_attended, self._absence = now, None
        elif now - self._last_attended > WORKER_SECONDS:
            self._absence = (
                f"No training process has started in {WORKER_SECONDS:.0f} seconds: restart the "
                "app, or start workers on the cluster at SCRATCHMLP_SCHEDULER."
            )

    def _has_workers(self) -> bool:
        assert self._client is not None
        try:
            return bool(self._client.scheduler_info(n_workers=1).get("workers"))
        except (OSError, RuntimeError):  # the scheduler does not answer at the moment
            return False

    def _run_killed(self, run_id: str) -> None:
        if self._store.run(run_id).status == "queued":  # the worker had not claimed it yet
            self.submit(run_id)
        else:
            self._store.end_run(run_id, "failed", f"{KILLED} resume it from its last checkpoint.")

    def _task_killed(self, task_id: str) -> None:
        if self._store.tasks.get(task_id).status == "queued":
            self.submit_task(task_id)
        else:
            self._store.tasks.fail(task_id, f"{KILLED} start it again.")


def train(run_id: str, url: Any) -> None:
    """The Dask task that trains a run of the store at `url`."""
    from scratchmlp.runs import worker

    worker.train(run_id, url, leave=secede)


def do_task(task_id: str, url: Any) -> None:
    """The Dask task that does a background task of the store at `url`."""
    from scratchmlp.runs import worker

    worker.do_task(task_id, url)
