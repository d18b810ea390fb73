"""Schedules: a factor from 0 to 1 for every share of the run."""

import pytest

from scratchmlp.net.schedules import SCHEDULES, one_cycle


def test_one_cycle_rises_then_falls() -> None:
    rates = [one_cycle(i / 1000) for i in range(1001)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[250] == 1
    assert rates[:251] == sorted(rates[:251])
    assert rates[250:] == sorted(rates[250:], reverse=True)
    assert rates[-1] == pytest.approx(1e-5)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_a_factor(name: str) -> None:
    factors = [SCHEDULES[name](i / 100) for i in range(101)]
    assert all(0 < factor <= 1 for factor in factors)
    assert max(factors) == 1
