import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scratchmlp.analysis import curves
from scratchmlp.analysis.curves import LossCurve


def steps(loss: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"step": np.arange(1, len(loss) + 1), "loss": loss, "lr": 0.1})


def test_the_average_has_no_bias_at_its_start() -> None:
    assert curves.smooth(pd.Series([5.0] * 20), span=10).tolist() == pytest.approx([5.0] * 20)


def test_the_average_is_the_one_of_adam() -> None:
    """m_t = b m_{t-1} + (1 - b) x_t, divided by 1 - b^t."""
    values, beta, m, expected = [3.0, 1.0, 4.0, 1.0, 5.0], 1 - 2 / 11, 0.0, []
    for t, x in enumerate(values, start=1):
        m = beta * m + (1 - beta) * x
        expected.append(m / (1 - beta**t))
    assert curves.smooth(pd.Series(values), span=10).tolist() == pytest.approx(expected)


def lag(average: np.ndarray, values: np.ndarray) -> int:
    """By how many values the average is behind: the shift at which it fits them best."""
    most = len(values) // 5
    inside = np.log(average[most:-most])
    logs, starts = np.log(values), range(2 * most, -1, -1)
    error = [np.abs(inside - logs[start : start + len(inside)]).mean() for start in starts]
    return int(np.argmin(error)) - most


FALLING = {
    "exponential": lambda t, pace: 0.05 + 2.3 * np.exp(-t * pace),
    "power": lambda t, pace: 100 / (1 + t) ** (pace * 100),
    "late": lambda t, pace: 0.05 + 2.3 / (1 + np.exp((t - 500) * pace * 4)),
}


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(sorted(FALLING)), st.floats(0.003, 0.015), st.integers(8, 80))
def test_the_average_of_a_curve_does_not_lag(kind: str, pace: float, half: int) -> None:
    """An average of the values before lags by half of its span, on a curve and on its mirror image.

    A curve that bends pulls its average to the inside, which is late on one of them and as much too
    early on the other.
    """
    curve = FALLING[kind](np.arange(1000.0), pace)
    centred, before = [], []
    for values in (curve, curve[::-1]):
        centred.append(lag(curves.centred_mean(values, np.arange(1000), half), values))
        before.append(lag(curves.smooth(pd.Series(values), 2 * half).to_numpy(), values))
    assert abs(sum(centred)) <= 2
    assert max(map(abs, centred)) <= half / 4 + 1
    assert sum(before) > half


@given(st.floats(-1, 1), st.integers(1, 300), st.integers(1, 50))
@example(slope=1.0, n=18, half=19)  # all of it is near the end
def test_the_average_of_a_line_is_that_line(slope: float, n: int, half: int) -> None:
    """Except near its end, where fewer values come after a step than before it."""
    values = 1000 + slope * np.arange(n)
    average = curves.centred_mean(values, np.arange(n), half)
    whole = max(0, n - half)
    assert average[:whole] == pytest.approx(values[:whole])
    assert np.abs(average - values).max() <= abs(slope) * half / 4 + 1e-9


@given(st.lists(st.floats(0, 1e308), min_size=1, max_size=60), st.integers(1, 80))
def test_the_average_is_among_its_values(values: list[float], half: int) -> None:
    average = curves.centred_mean(np.array(values), np.arange(len(values)), half)
    assert average[0] == values[0]
    assert (average >= min(values) * (1 - 1e-9)).all()
    assert (average <= max(values) * (1 + 1e-9)).all()


def test_a_loss_that_grows_by_decades_is_followed() -> None:
    """The mean of such values is their largest, which comes long after the others."""
    loss = 10.0 ** np.arange(0, 300, 5)
    average = curves.loss_curve(steps(loss.tolist()))["smooth"]
    assert average.to_numpy() == pytest.approx(loss)


def test_a_short_run_keeps_all_its_steps() -> None:
    curve = curves.loss_curve(steps([3.0, 2.0, 1.0]))
    assert curve["loss"].tolist() == [3, 2, 1]


@pytest.mark.parametrize("n", [601, 5000, 100_000])
def test_many_steps_become_few_points_and_keep_every_spike(n: int) -> None:
    loss = np.linspace(3, 1, n)
    loss[n // 3] = 50
    loss[n // 2] = 0.01
    curve = curves.loss_curve(steps(loss.tolist()))
    assert curves.CURVE_POINTS // 4 < len(curve) <= curves.CURVE_POINTS
    assert {50, 0.01} <= set(curve["loss"])
    assert curve["step"].is_monotonic_increasing
    assert curve["step"].iloc[-1] == n


@settings(deadline=None)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
@example([1, 1, 1, 557, 235, 264, 201, 618, 801, 845, 206], 1_000_000_000)  # once a gap of 10.1
def test_a_growing_curve_equals_the_curve_of_all_its_steps(chunks: list[int], seed: int) -> None:
    """It has few points, evenly over the run, keeps the extremes, and averages all batches."""
    n = sum(chunks)
    loss = np.random.default_rng(seed).exponential(size=n)
    curve, at = LossCurve(span=50), 0
    for size in chunks:
        curve.extend(np.arange(at + 1.0, at + size + 1), loss[at : at + size])
        at += size
    table = curve.table()
    assert len(table) <= curves.CURVE_POINTS
    assert {loss.min(), loss.max()} <= set(table["loss"])
    assert table["step"].is_monotonic_increasing
    assert table["step"].iloc[-1] == n
    assert table["step"].diff().fillna(1).max() <= max(1, 10 * n / curves.CURVE_POINTS)
    at_once = curves.centred_mean(loss, table["step"].to_numpy() - 1, 25)
    assert table["smooth"].to_numpy() == pytest.approx(at_once)


def test_a_loss_that_is_not_finite_is_skipped() -> None:
    loss = [1.0] * 700 + [float("nan")] * 3
    curve = curves.loss_curve(steps(loss))
    assert curve["smooth"].to_numpy() == pytest.approx(1)
    assert curve["step"].iloc[-1] == 700


def test_a_run_without_steps_has_an_empty_curve() -> None:
    assert curves.loss_curve(steps([])).empty
    assert curves.loss_curve(steps([float("nan")])).empty


EPOCHS = pd.DataFrame({"epoch": [1, 2], "step": [2, 4], "valid_loss": [0.9, 0.8]})


def test_a_step_has_the_values_of_all_curves() -> None:
    curve = curves.loss_curve(steps([4.0, 3.0, 2.0, 1.0]))
    other = pd.DataFrame({"step": [1, 3, 6], "loss": 1.0, "smooth": [1.0, 3.0, 6.0]})
    table = curves.pointer_table(curve, EPOCHS, {"other": other})
    assert table["step"].tolist() == [1, 2, 3, 4, 6]
    assert table["loss"].tolist()[:4] == [4, 3, 2, 1]
    assert table["loss"].isna().tolist() == [False] * 4 + [True]
    assert table["valid_loss"].fillna(0).tolist() == [0, 0.9, 0.9, 0.8, 0]
    assert table["other"].tolist() == [1, 2, 3, 4, 6]
    assert table["is_stop"].all()


def test_the_pointer_stops_at_few_of_many_steps() -> None:
    curve = curves.loss_curve(steps([1.0] * 10_000))
    is_stop = curves.pointer_table(curve, EPOCHS, {})["is_stop"]
    assert curves.MAX_STOPS / 2 < is_stop.sum() <= curves.MAX_STOPS


def test_another_run_has_no_value_after_its_last_step() -> None:
    other = pd.DataFrame({"step": [1, 2], "loss": 1.0, "smooth": [1.0, 2.0]})
    curve = curves.loss_curve(steps([1.0, 1.0, 1.0]))
    table = curves.pointer_table(curve, EPOCHS[:0], {"other": other, "none": other[:0]})
    assert table["other"].isna().tolist() == [False, False, True]
    assert table["none"].isna().all()
    assert table["valid_loss"].isna().all()


def test_accuracies_of_other_runs_continue_after_the_last_epoch() -> None:
    own = pd.DataFrame({"epoch": [1], "train_accuracy": [0.8], "valid_accuracy": [0.7]})
    longer = pd.DataFrame(
        {"epoch": [1, 2], "train_accuracy": [0.6, 0.9], "valid_accuracy": [0.5, None]}
    )
    table = curves.accuracy_table(own, {"longer": longer})
    assert table["epoch"].tolist() == [1, 2]
    assert table["longer"].tolist() == [0.5, 0.9]
    assert curves.accuracy_table(own[:0], {}).empty


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_the_axis_is_longer_than_the_curve_but_never_mostly_empty(total: int, done: int) -> None:
    end = curves.axis_end(done, total)
    assert max(1, done) <= end <= max(total, done)
    assert end <= max(22, 2.4 * done + 2)
    assert curves.axis_end(total, total) == total


@given(st.integers(1, 1000), st.integers(1, 1000), st.floats(0.1, 100))
def test_time_left_follows_from_the_time_per_step(done: int, more: int, seconds: float) -> None:
    left = curves.seconds_left(done, done + more, seconds, done, elapsed=1e9)
    assert left == pytest.approx(more * seconds / done)
    first = curves.seconds_left(done, done + more, 0.0, 0, elapsed=seconds)
    assert first == pytest.approx(more * seconds / done)


def test_time_left_is_unknown_before_the_first_step() -> None:
    assert curves.seconds_left(0, 100, 0, 0, 1) is None
    assert curves.seconds_left(5, None, 0, 0, 1) is None


def test_many_epochs_are_thinned_and_keep_their_extremes_and_the_best() -> None:
    epochs = pd.DataFrame({"epoch": np.arange(1, 1001), "loss": 1.0})
    epochs.loc[[333, 334, 700], "loss"] = 9.0, 0.1, 0.2
    epochs["best"] = epochs["epoch"] == 336
    thin = curves.thin_epochs(epochs, "loss")
    assert len(thin) <= curves.MAX_EPOCHS + 2
    assert {334, 335, 701, 336, 1000} <= set(thin["epoch"])
    assert curves.thin_epochs(epochs.head(200), "loss").equals(epochs.head(200))
    assert len(curves.thin_epochs(epochs.assign(loss=np.nan), "loss")) <= curves.MAX_EPOCHS + 2
