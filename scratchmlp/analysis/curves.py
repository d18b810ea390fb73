"""What a run's numbers say over time: its steps smoothed, then thinned, and laid beside others'.

A run of 100,000 steps is drawn again and again while it grows. So a curve is extended by what is
new, and never holds more than a chart has pixels for.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

POINTS = 400  # as many as a chart has pixels, for a browser draws them all with each look
STOPS = 80  # of a pointer along a curve, at most
OTHERS = 150  # points of a run that is only laid beside

Floats = NDArray[np.float64]


def smoothed(loss: pd.Series, over: int) -> pd.Series:
    """Exponential moving average with the memory of `over` values, without its bias at the start.

    A missing value (a loss that was no number) is passed over.
    """
    return loss.ewm(span=max(1, over), adjust=True, ignore_na=True).mean()


class LossCurve:
    """The loss of each batch and its average, of as many steps as there are, in few points.

    The average is taken over all batches before any is left out. Of each stretch that becomes one
    point the smallest and the largest raw loss are kept, so that no spike goes missing.

    Parameters
    ----------
    over : the memory of the average, in steps.
    points : how many are kept at most; no fewer than half as many, once there are enough.
    """

    def __init__(self, over: int, points: int = POINTS) -> None:
        self._beta = 1 - 2 / (max(1, over) + 1)
        self._points = points
        self._average, self._seen = 0.0, 0
        self._rows: Floats = np.empty((0, 3))  # step, loss, smooth

    def extend(self, step: Floats, loss: Floats) -> None:
        """Take in the steps that came next; a loss that is no number is passed over."""
        finite = np.isfinite(loss)
        step, loss = step[finite], loss[finite]
        if len(loss):
            self._rows = np.vstack([self._rows, np.column_stack([step, loss, self._smooth(loss)])])
            if len(self._rows) > self._points:
                step, loss, _ = self._rows.T
                self._rows = self._rows[extremes(step, loss, self._points // 4)]

    def _smooth(self, loss: Floats) -> Floats:
        """m_t = b m_{t-1} + (1 - b) x_t, divided by 1 - b^t, going on from the last m_t."""
        beta, values = self._beta, pd.Series([self._average, *loss])
        average = values.ewm(alpha=1 - beta, adjust=False).mean().to_numpy()[1:]
        t = np.arange(self._seen + 1, self._seen + len(loss) + 1)
        self._average, self._seen = float(average[-1]), int(t[-1])
        return np.asarray(average / (1 - beta**t))

    def table(self) -> pd.DataFrame:
        """Columns step, loss, smooth."""
        return pd.DataFrame(self._rows, columns=["step", "loss", "smooth"]).astype({"step": int})


def extremes(step: Floats, loss: Floats, stretches: int) -> NDArray[np.int64]:
    """Where each of so many stretches of equal width has its extreme losses; and the last place."""
    bounds = np.searchsorted(step, np.linspace(step[0], step[-1], stretches + 1)[1:-1])
    parts = np.split(np.arange(len(loss)), bounds)
    ends = [part[f(loss[part])] for part in parts if len(part) for f in (np.argmin, np.argmax)]
    return np.unique([*ends, len(loss) - 1])


def memory(total_steps: int | None) -> int:
    """Over how many steps the loss of a run is averaged."""
    return max(10, (total_steps or 0) // 100)


def loss_curve(steps: pd.DataFrame, points: int = POINTS) -> pd.DataFrame:
    """Columns step, loss, smooth of a run that is over; `steps` has columns step, loss."""
    curve = LossCurve(memory(len(steps)), points)
    curve.extend(steps["step"].to_numpy(float), steps["loss"].to_numpy(float))
    return curve.table()


def beside(
    curve: pd.DataFrame, epochs: pd.DataFrame, others: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """One table of all that is known at a step: what a pointer over the chart is told.

    Parameters
    ----------
    curve : columns step, loss, smooth.
    epochs : columns step, valid_loss; at a step counts the last epoch before it.
    others : tables as `curve` of other runs, by their names.

    Returns
    -------
    DataFrame with columns step, loss, smooth, valid_loss and one for each other's average; where
    another run is longer, its steps go on after the last one of `curve`. "told" marks the few rows
    at which a pointer stops: a browser draws something for each of them.
    """
    end = curve["step"].iloc[-1] if len(curve) else 0
    longer = [table["step"][table["step"] > end] for table in others.values()]
    steps = np.unique(np.concatenate([curve["step"], *longer])).astype(int)
    table = curve.set_index("step").reindex(steps).rename_axis("step").reset_index()
    table["valid_loss"] = np.where(steps <= end, _last_before(steps, epochs), np.nan)
    table["told"] = np.arange(len(table)) % max(1, -(-len(table) // STOPS)) == 0
    return table.assign(**{name: _at(steps, other) for name, other in others.items()})


def _last_before(steps: NDArray, epochs: pd.DataFrame) -> Floats:
    known = epochs[["step", "valid_loss"]].astype(float).dropna()
    values = np.array([np.nan, *known["valid_loss"]])
    return values[np.searchsorted(known["step"], steps, side="right")]


def _at(steps: NDArray, other: pd.DataFrame) -> Floats:
    if not len(other):
        return np.full(len(steps), np.nan)
    return np.interp(steps, other["step"], other["smooth"], left=np.nan, right=np.nan)


def accuracies(epochs: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Columns epoch, train_accuracy, valid_accuracy and one for each other run.

    Of another run it is the validation accuracy, or the training accuracy if it kept nothing to
    validate.
    """
    names = ["epoch", "train_accuracy", "valid_accuracy"]
    table = epochs[names].astype(float)
    for name, other in others.items():
        checked = other["valid_accuracy"].astype(float).fillna(other["train_accuracy"])
        column = pd.DataFrame({"epoch": other["epoch"].astype(float), name: checked})
        table = pd.merge(table, column, how="outer", on="epoch")
    return table.sort_values("epoch", ignore_index=True)


def axis_end(done: int, total: int) -> int:
    """Where the axis of a run ends: at its total, or at a half, a quarter … of it early on."""
    end = total
    while end // 2 > max(1.2 * done, 10):
        end //= 2
    return max(end, done, 1)


def seconds_left(
    step: int, total: int | None, epoch_seconds: float, epoch_steps: int, elapsed: float
) -> float | None:
    """How long a run will still train, by its pace so far; None before its first step.

    `epoch_seconds` is what `epoch_steps` steps of completed epochs took; before the first epoch is
    done, `elapsed` seconds since the start are all there is to go by.
    """
    if not total or not step:
        return None
    pace = epoch_seconds / epoch_steps if epoch_steps else elapsed / step
    return max(0.0, (total - step) * pace)
