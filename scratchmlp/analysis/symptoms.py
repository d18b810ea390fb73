"""A run as a diagnosis sees it: figures read off its curves and its statistics.

Every figure has a value for every run, also for one without epochs, without validation, or of an
older version that kept fewer statistics: then it is the value that raises no suspicion.
"""

import math
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scratchmlp.analysis.curves import smoothed
from scratchmlp.analysis.layers import statistics_of
from scratchmlp.net.config import TrainConfig

AVERAGED = 20  # steps
EARLY = 3  # epochs after which a run that still trains can be judged, if a third of it is done


class Symptoms:
    """A run so far.

    Parameters
    ----------
    steps : columns step, loss, lr. epochs : columns epoch, step, train_loss, and so on.
    status : the run's, as the store has it. ended : whether it is over.
    """

    def __init__(
        self,
        config: TrainConfig,
        steps: pd.DataFrame,
        epochs: pd.DataFrame,
        status: str,
        ended: bool,
    ) -> None:
        self.config, self.status, self.ended = config, status, ended
        self.steps, self.epochs = steps, epochs
        self.has_epochs = len(epochs) > 0

    # --- how far it is ---------------------------------------------------------------------------

    @property
    def is_finished(self) -> bool:
        """It trained to its end: what it reached is what it can."""
        return self.ended and self.status == "finished" and self.has_epochs

    @property
    def is_telling(self) -> bool:
        """Enough of it is done to judge how it learns."""
        n = len(self.epochs)
        return self.is_finished or (n >= EARLY and 3 * n >= self.config.epochs)

    @property
    def steps_done(self) -> int:
        return int(self.steps["step"].iloc[-1]) if len(self.steps) else 0

    @property
    def steps_in_all(self) -> float:
        """How many there will be, by the epochs so far."""
        return self.steps_done * self.config.epochs / max(1, len(self.epochs))

    # --- its losses ------------------------------------------------------------------------------

    @cached_property
    def _losses(self) -> pd.Series:
        return _finite(self.steps, "loss")

    @property
    def first_loss(self) -> float:
        """Of the first batch, before anything was learnt."""
        return float(self._losses.iloc[0]) if len(self._losses) else math.nan

    @property
    def last_loss(self) -> float:
        return float(self._losses.iloc[-1]) if len(self._losses) else math.nan

    @cached_property
    def peak_loss(self) -> float:
        """The largest loss, as an average over some steps."""
        average = smoothed(self._losses, AVERAGED)
        return float(average.max()) if len(average) else 0.0

    @property
    def worst_rise(self) -> tuple[float, float]:
        """The training losses of two epochs between which it rose most, the earlier one first."""
        losses = _finite(self.epochs, "train_loss")
        if len(losses) < 2:
            return 1.0, 1.0
        least = losses.cummin().shift()
        worst = (losses / least.clip(lower=1e-12)).fillna(1.0).argmax()
        return float(least.fillna(losses).iloc[worst]), float(losses.iloc[worst])

    def _last(self, column: str) -> float | None:
        value = self.epochs[column].iloc[-1] if self.has_epochs else None
        return float(value) if value is not None and math.isfinite(value) else None

    @property
    def train_loss(self) -> float:
        value = self._last("train_loss")
        return math.nan if value is None else value

    @property
    def train_accuracy(self) -> float:
        value = self._last("train_accuracy")
        return math.nan if value is None else value

    @property
    def valid_accuracy(self) -> float | None:
        return self._last("valid_accuracy")

    @property
    def gap(self) -> float:
        """Of accuracy, between training and validation."""
        valid = self.valid_accuracy
        return 0.0 if valid is None else self.train_accuracy - valid

    @property
    def valid_rise(self) -> float:
        """The last validation loss over the smallest."""
        losses = _finite(self.epochs, "valid_loss")
        return float(losses.iloc[-1] / max(losses.min(), 1e-12)) if len(losses) else 1.0

    @property
    def fall(self) -> float:
        """By which share of itself the loss fell over the last quarter of the epochs.

        It is the loss in validation, or in training where nothing is kept to validate.
        """
        column = "train_loss" if self.valid_accuracy is None else "valid_loss"
        losses = _finite(self.epochs, column)
        if len(losses) < 2:
            return 1.0
        back = losses.iloc[-1 - max(1, len(losses) // 4)]
        return float(1 - losses.iloc[-1] / max(back, 1e-12))

    @property
    def is_annealed(self) -> bool:
        """The schedule took the learning rate down to next to nothing."""
        if not len(self.steps):
            return False
        rates = self.steps["lr"].astype(float)
        return bool(rates.iloc[-1] < 0.01 * rates.max())

    # --- its layers ------------------------------------------------------------------------------

    @cached_property
    def _statistics(self) -> list[tuple[int, dict[str, Any]]]:
        return statistics_of(self.epochs)

    def worst(self, name: str) -> tuple[int, float]:
        """The hidden layer (from 1) with the largest share of that kind, and its share."""
        shares = self._statistics[-1][1].get(name, []) if self._statistics else []
        if not shares:
            return 0, 0.0
        return int(np.argmax(shares)) + 1, float(max(shares))

    @property
    def fading(self) -> tuple[int, float]:
        """The layer (from 1) with the smallest gradient, as a share of the last layer's."""
        norms = self._statistics[-1][1].get("gradient_norm", []) if self._statistics else []
        if not norms or not norms[-1]:
            return 0, 1.0
        return int(np.argmin(norms)) + 1, float(min(norms) / norms[-1])

    @property
    def reach(self) -> float:
        """How far all steps together could have moved the weights, in lengths of the weights.

        The steps of an epoch are taken to be as long as its last one, each for its learning rate.
        It is the layer that could move least that counts.
        """
        kept = [statistics.get("update_ratio") for _, statistics in self._statistics]
        if not kept or None in kept or len(kept) < len(self.epochs) or not len(self.steps):
            return math.inf
        step, lr = (self.steps[name].to_numpy(dtype=float) for name in ("step", "lr"))
        ends = self.epochs["step"].to_numpy(dtype=float)
        rows = np.searchsorted(step, ends, side="right")  # steps may be thinned
        before, last = np.r_[0, rows[:-1]], np.maximum(rows - 1, 0)
        total = np.r_[0.0, np.cumsum(lr)]
        mean = (total[rows] - total[before]) / np.maximum(rows - before, 1)
        count = np.diff(np.r_[0.0, ends])
        per_epoch = count * mean / np.maximum(lr[last], 1e-30)
        return float(np.min(per_epoch @ np.array(kept, dtype=float)))


def _finite(table: pd.DataFrame, column: str) -> pd.Series:
    """What is a number in a column that may not be there."""
    if column not in table:
        return pd.Series(dtype=float)
    return table[column].astype(float).replace([np.inf, -np.inf], np.nan).dropna()
