"""The history of a run as DataFrames. An update reads only new rows, however long the run is."""

import threading
import time
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.analysis.curves import LossCurve, smoothing_span
from scratchmlp.runs.store import Run, Store

STEPS = ["step", "loss", "lr"]
EPOCHS = [
    "epoch",
    "step",
    "train_loss",
    "train_accuracy",
    "valid_loss",
    "valid_accuracy",
    "seconds",
    "statistics",
]


class History:
    """The steps and epochs that the store had at the last `update`.

    All visitors who look at a run share one history, from any thread.

    Attributes
    ----------
    loss : the loss of each batch and its average, reduced to a few points.
    epochs : DataFrame with the columns `EPOCHS`.
    last_step, last_epoch : the last step and epoch that were read; 0 before the first.
    last_lr : the learning rate of the last step, or None.
    """

    def __init__(self, run: Run) -> None:
        self.loss = LossCurve(smoothing_span(run.total_steps))
        self.epochs = pd.DataFrame(columns=EPOCHS)
        self.last_step = self.last_epoch = 0
        self.last_lr: float | None = None
        self._run_id = run.id
        self._parts: list[pd.DataFrame] = []
        self._updated = -float("inf")  # by the clock of this process
        self._lock = threading.Lock()

    def update(self, store: Store, max_age: float = 0.0) -> Self:
        """Read what the store has since the last update, unless that was at most `max_age` ago.

        So the new rows are read once for all who look at the same moment.
        """
        with self._lock:
            if time.monotonic() - self._updated <= max_age:
                return self
            self._updated = time.monotonic()
            self._add_steps(store.steps_array(self._run_id, self.last_step))
            self._add_epochs(store.epochs_since(self._run_id, self.last_epoch))
        return self

    def _add_steps(self, rows: NDArray[np.float64]) -> None:
        if len(rows):
            self.loss.extend(rows[:, 0], rows[:, 1])
            self.last_step, self.last_lr = int(rows[-1, 0]), float(rows[-1, 2])
            self._parts.append(pd.DataFrame(rows, columns=STEPS).astype({"step": int}))

    def _add_epochs(self, rows: list) -> None:
        if rows:
            part = pd.DataFrame([tuple(row) for row in rows], columns=EPOCHS)
            whole = [part] if self.epochs.empty else [self.epochs, part]
            self.epochs = pd.concat(whole, ignore_index=True)
            self.last_epoch = int(rows[-1].epoch)

    @property
    def steps(self) -> pd.DataFrame:
        """DataFrame with the columns `STEPS`: every step."""
        with self._lock:
            if len(self._parts) > 1:
                self._parts = [pd.concat(self._parts, ignore_index=True)]
            return self._parts[0] if self._parts else pd.DataFrame(columns=STEPS, dtype=float)
