"""Runs trained in processes of their own: a Dask cluster on this machine, or one that exists.

The line is the store's: a run is queued there until a worker claims it, and only one ever does. So
it does not matter how often Dask is told of a run, and a run whose worker was killed is never
silently started again. Every process listens on loopback only and ends when its parent does.

Every process of the cluster loads this module, and only its workers need PyTorch: the others are
up in half the time, with a quarter of the memory, because nothing here imports it on top.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
from dask.system import CPU_COUNT
from dask.task_spec import Task
from distributed import Client, Future, KilledWorker, Worker, secede
from distributed.deploy.subprocess import SubprocessCluster

from scratchmlp.errors import UserError

if TYPE_CHECKING:
    from scratchmlp.runs.store import Store

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
CONNECT_SECONDS = 10.0
MB = 2**20
KILLED = "The process that worked on this was killed, by hand or for want of memory:"

After = Callable[[str], None]  # called with a run's or a study's id


class Jobs:
    """Hands queued runs to workers. No method waits for the cluster, which starts by itself.

    Parameters
    ----------
    store : where the runs are.
    workers : how many at a time; as many as there are cores if None.

    Attributes
    ----------
    trouble : one sentence if the cluster could not be started or reached, else None.
    """

    def __init__(self, store: Store, workers: int | None = None) -> None:
        self.trouble: str | None = None
        self._store = store
        self._workers = workers or CPU_COUNT
        self._client: Client | None = None
        self._cluster: Any = None
        self._sent = 0
        self._futures: dict[str, tuple[Future, After]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        self._thread.submit(self._guarded, self._start)

    def submit(self, run_id: str) -> None:
        """Tell the workers of a run that is queued in the store."""
        self._thread.submit(self._guarded, lambda: self._send(run_id, work, self._run_killed))

    def submit_study(self, study_id: str) -> None:
        """Tell the workers of a study that is queued in the store."""
        self._thread.submit(self._guarded, lambda: self._send(study_id, study, self._study_killed))

    def wait_until_ready(self, timeout: float = 60) -> None:
        """Return when every worker is up, with torch and the data in its memory."""
        self._thread.submit(lambda: None).result(timeout)
        if self._client and self._cluster:
            self._client.wait_for_workers(self._workers, timeout)

    def close(self) -> None:
        """End the workers; runs they were training read as lost, and can be resumed."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        for thing in (self._client, self._cluster):
            if thing is not None:
                thing.close()

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            log.exception("The training processes are not available.")
            self.trouble = (
                f"The training processes are not available ({error}): restart the app, "
                "or correct SCRATCHMLP_SCHEDULER."
            )
        else:
            self.trouble = None

    def _start(self) -> None:
        address = os.environ.get("SCRATCHMLP_SCHEDULER")
        if address:
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        else:
            self._cluster = _local_cluster(self._workers)
            self._client = Client(self._cluster, set_as_default=False)
        threading.Thread(target=self._watch, daemon=True, name="watch-jobs").start()
        for run_id in self._store.queued():  # left in line when the app last ended
            self._send(run_id, work, self._run_killed)
        for study_id in self._store.studies.queued():
            self._send(study_id, study, self._study_killed)

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
        while True:
            time.sleep(0.2)
            for name, (future, killed) in list(self._futures.items()):
                if future.done():
                    del self._futures[name]
                    if future.status == "error" and isinstance(future.exception(), KilledWorker):
                        with contextlib.suppress(UserError):  # it may have been deleted meanwhile
                            killed(name)

    def _run_killed(self, run_id: str) -> None:
        if self._store.run(run_id).status == "queued":  # it only stood in that worker's line
            self.submit(run_id)
        else:
            self._store.end(run_id, "failed", f"{KILLED} resume it from its last checkpoint.")

    def _study_killed(self, study_id: str) -> None:
        if self._store.studies.get(study_id).status == "queued":
            self.submit_study(study_id)
        else:
            self._store.studies.fail(study_id, f"{KILLED} start it again.")


def work(run_id: str, url: str) -> None:
    """What a worker does with a run. One that is not queued any more is somebody else's."""
    import torch

    from scratchmlp.runs.recorder import execute
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)
    store, left = Store(url), threading.Event()

    def leave() -> None:
        """A paused run leaves its place, so that the next in line can train. It can do so once."""
        if not left.is_set():
            left.set()
            secede()

    try:
        if store.claim(run_id):
            with contextlib.suppress(UserError):  # it is written in the store; nobody reads ours
                execute(store, run_id, on_pause=leave)
    finally:
        store.close()


def study(study_id: str, url: str) -> None:
    """What a worker does with a study."""
    import torch

    from scratchmlp.runs.conduct import conduct
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)
    store = Store(url)
    try:
        with contextlib.suppress(UserError):  # it is written in the store; nobody reads ours
            conduct(store, study_id)
    finally:
        store.close()


def _local_cluster(workers: int) -> Any:
    # `python -m dask` must find this package, wherever the app was started from.
    package = str(Path(__file__).parents[2])
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if package not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([package, *filter(None, paths)])
    # One run a worker. The scheduler is a process of its own and reads its environment.
    os.environ["DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION"] = "1.0"
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "error")
    # Dask has a worker give every tensor's memory back at once, and fetch it anew in each step:
    # that made training half as slow again. With these it keeps what it will need again.
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(256 * MB))
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(32 * MB))
    preload = [__name__]
    no_dashboard = {"dashboard": False, "dashboard_address": f"{LOOPBACK}:0"}
    with dask.config.set({"distributed.comm.timeouts.connect": "30s"}):
        return SubprocessCluster(
            host=LOOPBACK,
            n_workers=workers,
            threads_per_worker=1,
            scheduler_kwargs={"preload": preload, "allowed_failures": 0, **no_dashboard},
            worker_kwargs={
                "preload": preload,
                "preload_nanny": preload,
                "memory_limit": 0,
                **no_dashboard,
            },
            silence_logs=logging.ERROR,
        )


def dask_setup(server: Any) -> None:
    """Dask calls this in the scheduler, in each nanny and in each worker as it starts."""
    threading.Thread(target=_end_with_parent, args=[os.getppid()], daemon=True).start()
    if isinstance(server, Worker):
        _warm_up()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _warm_up() -> None:
    """Load what a run's first step would otherwise wait for."""
    import torch

    import scratchmlp.runs.recorder
    from scratchmlp.images import datasets

    torch.set_num_threads(1)
    _ = scratchmlp.runs.recorder
    if datasets.is_prepared("mnist"):
        datasets.load("mnist")
