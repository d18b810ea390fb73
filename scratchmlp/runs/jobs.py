"""Looks after the work: compares the queue in the database with what workers do, twice a second.

A look sends idle workers to a queue in which something waits; the workers take from it themselves.
What a dead worker did goes back into the queue: Dask often tells of the death at once, and else
its heart does, which stops. A process of the cluster that died is replaced. Nothing has to be
remembered for all that, so any process may die at any moment.
"""

import logging
import threading
import time
import uuid
from typing import Any

from distributed import Client, Future

from scratchmlp.runs.cluster import LocalCluster, work
from scratchmlp.runs.database import LOST_AFTER, StoreError
from scratchmlp.runs.store import Store
from scratchmlp.runs.work_queue import Heart

log = logging.getLogger(__name__)
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # `trouble` says it

LOOK_SECONDS = 0.5
CONNECT_SECONDS = 10.0
START_SECONDS = 60.0  # in which a scheduler of this machine must have started
WORKER_SECONDS = 60.0  # in which a worker must have started

Slot = tuple[str, int]  # a thread of a worker: the worker's address, and the thread's number


class Jobs:
    """Has the queue of a store done by workers. Everything happens in a thread.

    Parameters
    ----------
    store : the store that has the queue.
    workers : the processes of this machine, which end with this; or the address of a scheduler.

    Attributes
    ----------
    trouble : one sentence if the cluster is not available, or has had no worker for a while.
    size : how many items are done at the same time, as far as is known.
    """

    def __init__(self, store: Store, workers: LocalCluster | str) -> None:
        self.trouble: str | None = None
        self._store = store
        self._cluster = workers if isinstance(workers, LocalCluster) else None
        self._scheduler = workers if isinstance(workers, str) else ""
        self.size = self._cluster.size if self._cluster else 1
        self._client: Client | None = None
        self._asked: dict[Slot, Future] = {}  # the workers that were sent to the queue
        self._killed: set[str] = set()  # the names of those that died there
        self._last_attended = time.monotonic()  # when there last was a worker, or nothing to do
        self._deaths = DeathWatch()
        self._closed, self._wake, self._ready = (threading.Event() for _ in range(3))
        self._thread = threading.Thread(target=self._look_repeatedly, daemon=True, name="jobs")
        self._thread.start()

    @property
    def address(self) -> str:
        """The address of the scheduler."""
        return self._cluster.address if self._cluster else self._scheduler

    def wake(self) -> None:
        """Look now: something new waits in the queue."""
        self._wake.set()

    def wait_until_ready(self, timeout: float = 60) -> None:
        """Wait until every worker has started and has loaded PyTorch, or until there is trouble."""
        self._ready.wait(timeout)

    def close(self) -> None:
        """End the cluster of this machine. What it did goes on when there are workers again."""
        self._closed.set()
        self._wake.set()
        self._thread.join()

    def _look_repeatedly(self) -> None:
        while not self._closed.is_set():
            self._wake.clear()
            try:
                self._look()
            except StoreError:
                pass  # the database is away: the next look tries again
            except Exception as error:
                if self.trouble is None:
                    is_bug = not isinstance(error, OSError)
                    log.warning("The scheduler cannot be used: %s", error, exc_info=is_bug)
                self.trouble = (
                    f"The training processes are not available ({error}): restart the app, "
                    "or correct SCRATCHMLP_SCHEDULER."
                )
                self._ready.set()
            self._wake.wait(LOOK_SECONDS)
        for closable in (self._client, self._cluster):
            if closable is not None:
                closable.close()

    def _look(self) -> None:
        self._connect()
        self._killed |= {str(f.key) for f in self._asked.values() if f.status == "error"}
        self._asked = {slot: f for slot, f in self._asked.items() if f.status == "pending"}
        hearts = self._store.work.hearts()
        dead = self._deaths.dead(hearts)
        for heart in [heart for heart in hearts if heart in dead or heart.worker in self._killed]:
            log.warning("The process that worked on %s %s is dead.", *heart.item)
            self._store.work.revive(heart)
        self._killed.clear()
        waiting = self._store.work.count_ready()
        if waiting or not self._ready.is_set():
            self._attend(waiting)

    def _connect(self) -> None:
        """Start what does not run: the cluster, and the connection to its scheduler."""
        before = self.address
        if self._cluster:
            self._cluster.heal()
        if self._client and (self.address != before or self._client.status == "closed"):
            if self._cluster:  # its workers end with the scheduler
                self._killed |= {str(future.key) for future in self._asked.values()}
            self._client.close(timeout=1)
            self._client, self._asked = None, {}
        if self._client is None:
            seconds = START_SECONDS if self._cluster else CONNECT_SECONDS
            self._client = Client(self.address, timeout=seconds, set_as_default=False)

    def _attend(self, waiting: int) -> None:
        """Send idle workers to the queue, as many as items wait; say it if there are none."""
        threads = self._threads()
        assert self._client
        self.size = len(threads) or self.size
        for slot in [slot for slot in threads if slot not in self._asked][:waiting]:
            name = f"work-{uuid.uuid4()}"
            self._asked[slot] = self._client.submit(
                work, self._store.url_text, name, key=name, workers=[slot[0]]
            )
        if self._cluster is None or len(threads) == self._cluster.size:
            self._ready.set()
        now = time.monotonic()
        if threads or not waiting:
            self._last_attended, self.trouble = now, None
        elif now - self._last_attended > WORKER_SECONDS:
            self.trouble = (
                f"No training process has started in {WORKER_SECONDS:.0f} seconds: restart the "
                "app, or start workers on the cluster at SCRATCHMLP_SCHEDULER."
            )

    def _threads(self) -> list[Slot]:
        """Each thread of each worker that is connected to the scheduler."""
        client = self._client
        if client is None or client.status != "running" or client.scheduler is None:
            return []
        try:
            found: Any = client.sync(
                client.scheduler.identity, n_workers=-1, callback_timeout=CONNECT_SECONDS
            )
        except (OSError, TimeoutError):  # the scheduler does not answer at the moment
            return []
        workers = found["workers"].items()
        return [(address, n) for address, info in workers for n in range(info["nthreads"])]


class DeathWatch:
    """Tells which hearts have stood still for `LOST_AFTER` seconds, by the clock of this process.

    Hearts that nobody could look at do not count as still: while the database is away or locked,
    no heart can beat. So a look that comes late begins anew.
    """

    def __init__(self) -> None:
        self._since: dict[Heart, float] = {}
        self._last_look = 0.0

    def dead(self, hearts: list[Heart]) -> list[Heart]:
        now = time.monotonic()
        seen = {} if now - self._last_look > LOST_AFTER / 2 else self._since
        self._since = {heart: seen.get(heart, now) for heart in hearts}
        self._last_look = now
        return [heart for heart, since in self._since.items() if now - since > LOST_AFTER]
