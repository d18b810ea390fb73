"""Runs trained in processes of their own: a Dask cluster on this machine, or one that exists.

The line is the store's: a run is queued there until a worker claims it, and only one ever does. So
it does not matter how often Dask is told of a run, and a run whose worker was killed is never
silently started again.
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
PATIENCE = 60.0  # seconds in which a worker should have come up
KILLED = "The process that worked on this was killed, by hand or for want of memory:"

After = Callable[[str], None]  # called with a run's or a task's id


class Jobs:
    """Hands queued runs to workers. No method waits for the cluster, which starts by itself.

    Parameters
    ----------
    store : where the runs are.
    workers : how many at a time; as many as there are cores if None.
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
        self._attended = time.monotonic()  # when there last was a worker, or nothing to do
        self._futures: dict[str, tuple[Future, After]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        self._thread.submit(self._guarded, self._start)

    @property
    def trouble(self) -> str | None:
        """One sentence if the cluster cannot be had, or if it has had no worker for a while."""
        return self._failure or self._absence

    def submit(self, run_id: str) -> None:
        """Tell the workers of a run that is queued in the store."""
        self._thread.submit(self._guarded, lambda: self._send(run_id, work, self._run_killed))

    def submit_task(self, task_id: str) -> None:
        """Tell the workers of a task that is queued in the store."""
        self._thread.submit(
            self._guarded, lambda: self._send(task_id, work_on_task, self._task_killed)
        )

    def wait_until_ready(self, timeout: float = 60) -> None:
        """Return when every worker is up, with torch and the data in its memory."""
        self._thread.submit(lambda: None).result(timeout)
        if self._client and self._cluster:
            self._client.wait_for_workers(self._workers, timeout)

    def close(self) -> None:
        """End the workers; runs they were training read as lost, and can be resumed."""
        self._closed.set()
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._watcher:
            self._watcher.join()
        for thing in (self._client, self._cluster):
            if thing is not None:
                thing.close()

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
        for run_id in self._store.queued():  # left in line when the app last ended
            self._send(run_id, work, self._run_killed)
        for task_id in self._store.tasks.queued():
            self._send(task_id, work_on_task, self._task_killed)

    def _send(self, name: str, task: Callable[[str, str], None], killed: After) -> None:
        if self._client is None:
            self._start()
        assert self._client is not None
        self._sent += 1
        key = f"{name}-{os.getpid()}-{self._sent}"
        # A "data producer" waits in the scheduler until a worker is free, and not behind another.
        sent = Task(key, task, name, self._store.url, _data_producer=True)
        [future] = self._client.get({key: sent}, [key], sync=False)
        self._futures[name] = future, killed

    def _watch(self) -> None:
        """Look after what was handed over. (Dask's callbacks outlive the interpreter.)

        A worker that raised has written why into the store; one that was killed could not.
        """
        while not self._closed.wait(0.2):
            self._look_for_workers()
            for name, (future, killed) in list(self._futures.items()):
                if future.done():
                    del self._futures[name]
                    if future.status == "error" and isinstance(future.exception(), KilledWorker):
                        with contextlib.suppress(UserError):  # it may have been deleted meanwhile
                            killed(name)

    def _look_for_workers(self) -> None:
        """Dask does not say that no worker has come up; what was sent to it just waits."""
        now = time.monotonic()
        if not self._futures or self._there_are_workers():
            self._attended, self._absence = now, None
        elif now - self._attended > PATIENCE:
            self._absence = (
                f"No training process has come up in {PATIENCE:.0f} seconds: restart the app, "
                "or start workers on the cluster at SCRATCHMLP_SCHEDULER."
            )

    def _there_are_workers(self) -> bool:
        assert self._client is not None
        try:
            return bool(self._client.scheduler_info(n_workers=1).get("workers"))
        except (OSError, RuntimeError):  # the scheduler does not answer: it may come back
            return False

    def _run_killed(self, run_id: str) -> None:
        if self._store.run(run_id).status == "queued":  # it only stood in that worker's line
            self.submit(run_id)
        else:
            self._store.end(run_id, "failed", f"{KILLED} resume it from its last checkpoint.")

    def _task_killed(self, task_id: str) -> None:
        if self._store.tasks.get(task_id).status == "queued":
            self.submit_task(task_id)
        else:
            self._store.tasks.fail(task_id, f"{KILLED} start it again.")


def work(run_id: str, url: Any) -> None:
    """The Dask task that trains a run of the store at `url`."""
    from scratchmlp.runs import worker

    worker.train(run_id, url, leave=secede)


def work_on_task(task_id: str, url: Any) -> None:
    """The Dask task that does a background task of the store at `url`."""
    from scratchmlp.runs import worker

    worker.do_task(task_id, url)
