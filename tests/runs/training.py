"""Runs that tests train: their settings, and one that trains in a thread."""

import threading
import time
from dataclasses import replace

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store

SHORT = TrainConfig(dataset="digits", epochs=4, hidden=(32,), batch_size=128)
LONG = replace(SHORT, epochs=1000, batch_size=32)


def start(store: Store, config: TrainConfig) -> str:
    return store.create(config, status="running")


class BackgroundRun:
    """A run that trains in a thread until the test is over."""

    def __init__(self, store: Store, config: TrainConfig) -> None:
        self.store, self.run_id = store, start(store, config)
        self.paused, self.stop = threading.Event(), threading.Event()
        self.final_event: object = None
        self.error: UserError | None = None
        self.thread = threading.Thread(target=self._train)
        self.thread.start()
        self.until(lambda: self.last_step() > 0)

    def _train(self) -> None:
        try:
            self.final_event = execute(
                self.store, self.run_id, on_pause=self.paused.set, stop=self.stop
            )
        except UserError as error:
            self.error = error

    def last_step(self) -> int:
        rows = self.store.steps_since(self.run_id)
        return rows[-1].step if rows else 0

    def until(self, condition, seconds: float = 120.0) -> float:  # type: ignore[no-untyped-def]
        """Wait for a condition, and return the seconds that it took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds, "the condition was never met"
            threading.Event().wait(0.005)
        return time.monotonic() - began

    def status(self) -> str:
        return self.store.run(self.run_id).status
