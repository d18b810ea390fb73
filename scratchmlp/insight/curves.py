"""What a run's numbers say over time: tables of its steps and epochs, smoothed, then thinned."""

import numpy as np
import pandas as pd

POINTS = 600  # more than a chart has pixels for


def smoothed(loss: pd.Series, over: int) -> pd.Series:
    """Exponential moving average with the memory of `over` values, without its bias at the start.

    A missing value (a loss that was no number) is passed over.
    """
    return loss.ewm(span=max(1, over), adjust=True, ignore_na=True).mean()


def loss_curve(steps: pd.DataFrame, points: int = POINTS) -> pd.DataFrame:
    """Columns step, loss, smooth: the raw loss of each batch, and its average, thinned to `points`.

    The average is taken over all batches before any is left out. Of each stretch that becomes one
    point the smallest and the largest raw loss are kept, so that no spike goes missing.
    """
    table = steps[["step", "loss"]].astype({"loss": float})
    table = table.assign(smooth=smoothed(table["loss"], over=max(10, len(table) // 50)))
    table = table.dropna(subset="loss").reset_index(drop=True)
    if len(table) <= points:
        return table
    stretch = np.arange(len(table)) * (points // 2) // len(table)
    groups = table["loss"].groupby(stretch)
    ends = [*groups.idxmin(), *groups.idxmax(), table.index[-1]]
    return table.loc[np.unique(ends)].reset_index(drop=True)


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
