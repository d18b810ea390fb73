"""Curves of a run over its steps and epochs: smoothed, thinned, and joined with other runs' curves.

A run of 100,000 steps is drawn again and again while it trains. Therefore a curve is extended by
new steps only, and has at most as many points as a chart has pixels.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CURVE_POINTS = 400  # as many as a chart has pixels: a browser draws all of them at each update
MAX_EPOCHS = 200  # that are drawn: a point is wider than a pixel
MAX_STOPS = 80  # of the pointer along a curve
LIKE = np.log(4)  # losses on both sides of a mean differ by less than this factor
NEGLIGIBLE = 1e-6  # a loss that is as good as 0

Floats = NDArray[np.float64]


def smooth(loss: pd.Series, span: int) -> pd.Series:
    """Exponential moving average over `span` values, corrected for the bias at the start.

    Missing values are skipped.
    """
    return loss.ewm(span=max(1, span), adjust=True, ignore_na=True).mean()


def centred_mean(values: Floats, at: NDArray[np.int64], half: int) -> Floats:
    """The mean of the values around each position, as many before it as after it.

    So it does not lag behind the values: the mean of a straight line is that line. There are up to
    `half` values on each side, and fewer where the values change by much. At the end there are
    fewer after than before it, so that the last mean is not a single value; there the mean lags by
    up to `half / 4` values.
    """
    widest = _sides(values, at, half)
    after = np.minimum(widest, len(values) - 1 - at)
    before = np.maximum(after, widest // 2)
    parts = [values[i - b : i + a + 1] for i, b, a in zip(at, before, after, strict=True)]
    return np.array([np.sum(part / len(part)) for part in parts])  # so that no sum overflows


def _sides(values: Floats, at: NDArray[np.int64], half: int) -> NDArray[np.int64]:
    """How many values on each side of a position: so few that both sides are alike.

    They are at most a quarter of the position, because a loss falls fastest at its start.
    """
    logs = np.log(np.maximum(values, NEGLIGIBLE))
    total = np.concatenate([[0.0], np.cumsum(logs)])
    sides = np.minimum(half, at // 4)
    for _ in range(half.bit_length()):
        end = np.minimum(at + sides + 1, len(values))
        before = (total[at + 1] - total[at - sides]) / (sides + 1)
        after = (total[end] - total[at]) / (end - at)
        sides = np.where(np.abs(after - before) > LIKE, sides // 2, sides)
    return sides


class LossCurve:
    """The loss of each batch and its centred mean, for any number of steps in few points.

    The mean counts all batches, also those without a point. Each stretch of steps keeps the points
    of its smallest and its largest loss, so that every spike stays visible.

    Parameters
    ----------
    span : of the mean, in steps.
    points : the largest number of points; a long curve has at least a fifth as many.
    """

    def __init__(self, span: int, points: int = CURVE_POINTS) -> None:
        self._half = max(1, span) // 2
        self._points = points
        self._losses: Floats = np.empty(0)  # of every step
        self._rows: Floats = np.empty((0, 3))  # position in `_losses`, step, loss
        self._table: pd.DataFrame | None = None

    def extend(self, step: Floats, loss: Floats) -> None:
        """Add the next steps; a loss that is not finite is skipped."""
        finite = np.isfinite(loss)
        step, loss = step[finite], loss[finite]
        if len(loss):
            position = np.arange(len(self._losses), len(self._losses) + len(loss))
            self._losses = np.concatenate([self._losses, loss])
            self._rows = np.vstack([self._rows, np.column_stack([position, step, loss])])
            self._table = None
            if len(self._rows) > self._points:
                _, step, loss = self._rows.T
                self._rows = self._rows[extremes(loss, _doubling_bounds(step, self._points))]

    def table(self) -> pd.DataFrame:
        """Columns step, loss, smooth."""
        if self._table is None:
            position, step, loss = self._rows.T
            smooth = centred_mean(self._losses, position.astype(np.int64), self._half)
            columns = {"step": step.astype(np.int64), "loss": loss, "smooth": smooth}
            self._table = pd.DataFrame(columns)
        return self._table


def _doubling_bounds(step: Floats, points: int) -> NDArray[np.int64]:
    """The rows at which stretches of steps begin: a fifth to two fifths of `points` stretches.

    The width of a stretch is doubled as a run grows. So a new stretch consists of whole old ones,
    and each has a row: neighbouring rows are at most two stretches apart.
    """
    width = 1
    while step[-1] // width > points * 2 // 5:
        width *= 2
    return np.searchsorted(step, np.arange(width, step[-1] + 1, width))


def extremes(loss: Floats, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the smallest and largest loss between two bounds, and the last row."""
    parts = np.split(np.arange(len(loss)), bounds)
    ends = [part[f(loss[part])] for part in parts if len(part) for f in (np.argmin, np.argmax)]
    return np.unique([*ends, len(loss) - 1])


def thin_epochs(epochs: pd.DataFrame, column: str) -> pd.DataFrame:
    """The epochs to draw: all, or those with the extremes of a column, and the best.

    Parameters
    ----------
    epochs : columns epoch, best, and this one.
    """
    if len(epochs) <= MAX_EPOCHS:
        return epochs
    values = epochs[column].to_numpy(float)
    epoch = epochs["epoch"].to_numpy(float)
    inner = np.linspace(epoch[0], epoch[-1], MAX_EPOCHS // 2 + 1)[1:-1]
    rows = extremes(values, np.searchsorted(epoch, inner))
    return epochs.iloc[np.union1d(rows, np.flatnonzero(epochs["best"]))]


def smoothing_span(total_steps: int | None) -> int:
    """Span of the mean of a run's loss, in steps."""
    return max(10, (total_steps or 0) // 40)


def loss_curve(steps: pd.DataFrame, points: int = CURVE_POINTS) -> pd.DataFrame:
    """Columns step, loss, smooth of a run that has ended; `steps` has columns step, loss."""
    curve = LossCurve(smoothing_span(len(steps)), points)
    curve.extend(steps["step"].to_numpy(float), steps["loss"].to_numpy(float))
    return curve.table()


def pointer_table(
    curve: pd.DataFrame, epochs: pd.DataFrame, others: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """One table with every value at a step, for the tooltip that follows the pointer.

    Parameters
    ----------
    curve : columns step, loss, smooth.
    epochs : columns step, valid_loss; a step shows the last epoch before it.
    others : for each column of the result, the curve of another run.

    Returns
    -------
    DataFrame with columns step, loss, smooth, valid_loss, is_stop, and the mean of each other
    run. The steps of a longer run continue after the last step of `curve`. `is_stop` marks
    the few rows at which the pointer stops, because a browser draws something for each of them.
    """
    end = curve["step"].iloc[-1] if len(curve) else 0
    longer = [table["step"][table["step"] > end] for table in others.values()]
    steps = np.unique(np.concatenate([curve["step"], *longer])).astype(int)
    table = curve.set_index("step").reindex(steps).rename_axis("step").reset_index()
    table["valid_loss"] = np.where(steps <= end, _last_before(steps, epochs), np.nan)
    table["is_stop"] = np.arange(len(table)) % max(1, -(-len(table) // MAX_STOPS)) == 0
    return table.assign(**{name: _at(steps, other) for name, other in others.items()})


def _last_before(steps: NDArray, epochs: pd.DataFrame) -> Floats:
    known = epochs[["step", "valid_loss"]].astype(float).dropna()
    values = np.array([np.nan, *known["valid_loss"]])
    return values[np.searchsorted(known["step"], steps, side="right")]


def _at(steps: NDArray, other: pd.DataFrame) -> Floats:
    if not len(other):
        return np.full(len(steps), np.nan)
    return np.interp(steps, other["step"], other["smooth"], left=np.nan, right=np.nan)


def accuracy_table(epochs: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Columns epoch, train_accuracy, valid_accuracy and one for each other run.

    The column of another run is its validation accuracy, or its training accuracy if it has no
    validation samples.
    """
    names = ["epoch", "train_accuracy", "valid_accuracy"]
    table = epochs[names].astype(float)
    for name, other in others.items():
        accuracy = other["valid_accuracy"].astype(float).fillna(other["train_accuracy"])
        column = pd.DataFrame({"epoch": other["epoch"].astype(float), name: accuracy})
        table = pd.merge(table, column, how="outer", on="epoch")
    return table.sort_values("epoch", ignore_index=True)


def axis_end(done: int, total: int) -> int:
    """Where the step axis ends: at the total, or early in a run at a half, a quarter … of it."""
    end = total
    while end // 2 > max(1.2 * done, 10):
        end //= 2
    return max(end, done, 1)


def seconds_left(
    step: int, total: int | None, epoch_seconds: float, epoch_steps: int, elapsed: float
) -> float | None:
    """Estimated seconds until a run ends; None before its first step.

    Parameters
    ----------
    epoch_seconds, epoch_steps : duration and number of the steps in completed epochs.
    elapsed : seconds since the start, used before the first epoch is complete.
    """
    if not total or not step:
        return None
    seconds_per_step = epoch_seconds / epoch_steps if epoch_steps else elapsed / step
    return max(0.0, (total - step) * seconds_per_step)
