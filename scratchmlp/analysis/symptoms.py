"""The figures that a diagnosis is based on, computed from a run's curves and statistics.

Every figure is defined for every run, also for a run without epochs, without validation, or of an
older version that stored fewer statistics. Where it cannot be computed it has a value (or NaN, with
which every comparison is false) that causes no finding. Where it is infinite, that is documented.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.analysis.curves import smooth
from scratchmlp.analysis.layers import statistics_of
from scratchmlp.net.config import TrainConfig

SPAN = 20  # steps of the moving average
MIN_EPOCHS = 3  # a run in training can be judged after this many epochs, if a third of it is done
LARGEST = 1e100  # larger losses count as this one, so that ratios of losses are finite
SMALLEST = 1e-12  # denominators are at least this


class Symptoms:
    """A run so far.

    Parameters
    ----------
    steps : columns step, loss, lr.
    epochs : columns epoch, step, train_loss, train_accuracy, valid_loss, valid_accuracy,
        statistics.
    status : the run's status in the store.
    ended : whether the run has ended.
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

    # --- progress --------------------------------------------------------------------------------

    @property
    def is_finished(self) -> bool:
        """It trained for all its epochs."""
        return self.ended and self.status == "finished" and self.has_epochs

    @property
    def can_be_judged(self) -> bool:
        """Enough of it is done to judge how it learns."""
        n = len(self.epochs)
        return self.is_finished or (n >= MIN_EPOCHS and 3 * n >= self.config.epochs)

    @property
    def steps_done(self) -> int:
        return int(self.steps["step"].iloc[-1]) if len(self.steps) else 0

    @property
    def total_steps(self) -> float:
        """Estimated from the steps and the epochs so far."""
        return self.steps_done * self.config.epochs / max(1, len(self.epochs))

    @property
    def pictures(self) -> float:
        """Training pictures, estimated: the last batch of an epoch is smaller."""
        return self.config.batch_size * (self.total_steps / self.config.epochs - 0.5)

    # --- losses and accuracies -------------------------------------------------------------------

    @cached_property
    def _losses(self) -> pd.Series:
        return _finite(self.steps, "loss")

    @property
    def first_loss(self) -> float:
        """Loss of the first batch; NaN if there is none."""
        return float(self._losses.iloc[0]) if len(self._losses) else math.nan

    @property
    def last_loss(self) -> float:
        """Loss of the last batch; NaN if there is none."""
        return float(self._losses.iloc[-1]) if len(self._losses) else math.nan

    @cached_property
    def peak_loss(self) -> float:
        """The maximum of the moving average of the loss."""
        average = smooth(self._losses, SPAN)
        return float(average.max()) if len(average) else 0.0

    @property
    def worst_rise(self) -> tuple[float, float]:
        """Training losses of an earlier and a later epoch with the largest ratio between them."""
        losses = _finite(self.epochs, "train_loss")
        if len(losses) < 2:
            return 1.0, 1.0
        lowest = losses.cummin().shift()
        worst = (losses / lowest.clip(lower=SMALLEST)).fillna(1.0).argmax()
        return float(lowest.fillna(losses).iloc[worst]), float(losses.iloc[worst])

    def _last(self, column: str) -> float | None:
        """The value of the last epoch; None if there is none or it is not finite."""
        value = self.epochs[column].iloc[-1] if self.has_epochs else None
        if value is None or not math.isfinite(value):
            return None
        return max(-LARGEST, min(float(value), LARGEST))

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
        """Training accuracy minus validation accuracy; 0 without validation."""
        valid = self.valid_accuracy
        return 0.0 if valid is None else self.train_accuracy - valid

    @property
    def valid_rise(self) -> float:
        """The smallest of the last three validation losses divided by the smallest of all.

        1 without validation. A spike of one or two epochs does not count.
        """
        losses = _finite(self.epochs, "valid_loss")
        if not len(losses):
            return 1.0
        return float(losses.iloc[-3:].min() / max(losses.min(), SMALLEST))

    @property
    def fall(self) -> float:
        """The share by which the loss fell over the last quarter of the epochs.

        The loss is the validation loss, or the training loss without validation.
        """
        column = "train_loss" if self.valid_accuracy is None else "valid_loss"
        losses = _finite(self.epochs, column)
        if len(losses) < 2:
            return 1.0
        earlier = losses.iloc[-1 - max(1, len(losses) // 4)]
        return float(1 - losses.iloc[-1] / max(earlier, SMALLEST))

    @property
    def is_annealed(self) -> bool:
        """The schedule has brought the learning rate below 1% of its maximum."""
        if not len(self.steps):
            return False
        rates = self.steps["lr"].astype(float)
        return bool(rates.iloc[-1] < 0.01 * rates.max())

    # --- layers ----------------------------------------------------------------------------------

    @cached_property
    def _statistics(self) -> list[tuple[int, dict[str, Any]]]:
        return statistics_of(self.epochs)

    def _last_statistics(self, name: str) -> NDArray[np.float64]:
        """The values of the layers in the last epoch that has statistics, bounded; may be empty."""
        return _bounded(self._statistics[-1][1].get(name, []) if self._statistics else [])

    def largest_share(self, name: str) -> tuple[int, float]:
        """The hidden layer (from 1) with the largest share of this kind, and the share."""
        shares = self._last_statistics(name)
        if not len(shares) or np.isnan(shares).all():
            return 0, 0.0
        return int(np.nanargmax(shares)) + 1, float(np.nanmax(shares))

    @property
    def weakest_gradient(self) -> tuple[int, float]:
        """The layer (from 1) with the smallest gradient, and its share of the last layer's."""
        norms = self._last_statistics("gradient_norm")
        if not len(norms) or not norms[-1] > 0:
            return 0, 1.0
        return int(np.nanargmin(norms)) + 1, float(np.nanmin(norms)) / float(norms[-1])

    @property
    def reach(self) -> float:
        """How far all steps can move the weights, divided by the norm of the weights.

        A run that is not finished is expected to go on as it began. The steps of an epoch count as
        long as its last step, in proportion to their learning rates. The result is that of the
        layer that can move least; infinite if it is not known.
        """
        ratios = [_bounded(kept.get("update_ratio") or []) for _, kept in self._statistics]
        if not ratios or len(ratios) < len(self.epochs) or not len(self.steps):
            return math.inf
        if (
            len({len(ratio) for ratio in ratios}) > 1
            or np.isnan(ratios).any()
            or not len(ratios[0])
        ):
            return math.inf
        step, lr = (self.steps[name].to_numpy(dtype=float) for name in ("step", "lr"))
        ends = self.epochs["step"].to_numpy(dtype=float)
        rows = np.searchsorted(step, ends, side="right")  # steps may be thinned
        before, last = np.r_[0, rows[:-1]], np.maximum(rows - 1, 0)
        total = np.r_[0.0, np.cumsum(lr)]
        mean = (total[rows] - total[before]) / np.maximum(rows - before, 1)
        count = np.diff(np.r_[0.0, ends])
        per_epoch = count * mean / np.maximum(lr[last], 1e-30)
        so_far = float(np.min(per_epoch @ np.array(ratios)))
        return so_far if self.is_finished else so_far * self.config.epochs / len(ratios)


def _finite(table: pd.DataFrame, column: str) -> pd.Series:
    """The finite numbers of a column, bounded by `LARGEST`; empty if there is no such column."""
    if column not in table:
        return pd.Series(dtype=float)
    numbers = table[column].astype(float).replace([np.inf, -np.inf], np.nan).dropna()
    return numbers.clip(-LARGEST, LARGEST)


def _bounded(values: Sequence[float | None]) -> NDArray[np.float64]:
    """The values bounded by `LARGEST`; None becomes NaN."""
    return np.clip(np.array(values, dtype=float), -LARGEST, LARGEST)
