import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.insight import curves


def steps(loss: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"step": np.arange(1, len(loss) + 1), "loss": loss, "lr": 0.1})


def test_the_average_has_no_bias_at_its_start() -> None:
    assert curves.smoothed(pd.Series([5.0] * 20), over=10).tolist() == pytest.approx([5.0] * 20)


def test_the_average_is_adams() -> None:
    """m_t = b m_{t-1} + (1 - b) x_t, divided by 1 - b^t."""
    values, beta, m, expected = [3.0, 1.0, 4.0, 1.0, 5.0], 1 - 2 / 11, 0.0, []
    for t, x in enumerate(values, start=1):
        m = beta * m + (1 - beta) * x
        expected.append(m / (1 - beta**t))
    assert curves.smoothed(pd.Series(values), over=10).tolist() == pytest.approx(expected)


def test_few_steps_are_all_shown() -> None:
    curve = curves.loss_curve(steps([3.0, 2.0, 1.0]))
    assert curve["loss"].tolist() == [3, 2, 1]


@pytest.mark.parametrize("n", [601, 5000, 100_000])
def test_many_steps_become_few_points_and_lose_no_spike(n: int) -> None:
    loss = np.linspace(3, 1, n)
    loss[n // 3] = 50
    loss[n // 2] = 0.01
    curve = curves.loss_curve(steps(loss.tolist()))
    assert len(curve) <= curves.POINTS + 1
    assert {50, 0.01} <= set(curve["loss"])
    assert curve["step"].is_monotonic_increasing
    assert curve["step"].iloc[-1] == n


def test_the_average_is_taken_before_thinning() -> None:
    loss = np.random.default_rng(0).uniform(size=10_000)
    curve = curves.loss_curve(steps(loss.tolist()))
    whole = curves.smoothed(pd.Series(loss), over=200)
    assert curve["smooth"].tolist() == whole.iloc[curve["step"] - 1].tolist()


def test_a_loss_that_was_no_number_is_passed_over() -> None:
    loss = [1.0] * 700 + [float("nan")] * 3
    curve = curves.loss_curve(steps(loss))
    assert curve["smooth"].eq(1).all()


@given(st.integers(1, 1000), st.integers(1, 1000), st.floats(0.1, 100))
def test_time_left_follows_the_pace(done: int, more: int, seconds: float) -> None:
    left = curves.seconds_left(done, done + more, seconds, done, elapsed=1e9)
    assert left == pytest.approx(more * seconds / done)
    first = curves.seconds_left(done, done + more, 0.0, 0, elapsed=seconds)
    assert first == pytest.approx(more * seconds / done)


def test_time_left_is_unknown_before_the_first_step() -> None:
    assert curves.seconds_left(0, 100, 0, 0, 1) is None
    assert curves.seconds_left(5, None, 0, 0, 1) is None
