"""How long a run will take: as long as similar runs took, scaled by what differs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import speed
from scratchmlp.runs.durations import (
    FEWEST_ALIKE,
    OVERHEAD,
    Measured,
    expected_seconds,
    expected_steps,
    known_seconds,
)
from scratchmlp.runs.queue_state import Work, seconds_left
from scratchmlp.runs.turns import Item

CONFIG = TrainConfig(dataset="digits", batch_size=128, epochs=6)
STEPS = 6 * 9  # of 1,150 pictures
RUN = Item("run", "x")


def took(seconds: float, config: TrainConfig = CONFIG, steps: int = STEPS) -> Measured:
    return Measured(config, steps, OVERHEAD + seconds)


def test_a_run_takes_as_long_as_equal_ones() -> None:
    measured = [took(seconds) for seconds in (3.0, 4.0, 50.0)]
    assert expected_seconds(CONFIG, measured) == pytest.approx(4.0 + OVERHEAD)  # the median
    longer = replace(CONFIG, epochs=12)
    assert expected_seconds(longer, measured) == pytest.approx(8.0 + OVERHEAD)
    assert expected_seconds(longer, measured, done=STEPS) == pytest.approx(4.0 + OVERHEAD)


def test_nothing_is_known_without_a_measurement_or_of_pictures_that_nobody_counted() -> None:
    measured = [took(4.0)]
    assert known_seconds(CONFIG, measured) == expected_seconds(CONFIG, measured)
    folder = replace(CONFIG, dataset="/a/folder")
    assert known_seconds(folder, measured) is None
    assert known_seconds(folder, [took(4.0, folder)]) == pytest.approx(4.0 + OVERHEAD)
    assert known_seconds(CONFIG, []) is None


def test_a_few_steps_tell_how_fast_this_machine_is() -> None:
    """They are timed anew, and not by a clock that stands still: no machine is so fast or slow."""
    measured = speed.of_this_machine()
    assert len(measured) == FEWEST_ALIKE
    assert {one.config for one in measured} == {TrainConfig()}
    for one in measured:
        assert 1e-5 < (one.seconds - OVERHEAD) / one.steps < 10
    assert speed.of_this_machine() is measured


def test_similar_runs_count_more_than_others() -> None:
    warped = replace(CONFIG, augment="elastic")
    measured = [*[took(1.0)] * 3, *[took(9.0, warped)] * 3]
    assert expected_seconds(CONFIG, measured) == pytest.approx(1.0 + OVERHEAD)
    assert expected_seconds(warped, measured) == pytest.approx(9.0 + OVERHEAD)


def test_the_number_of_pictures_is_that_of_the_dataset_or_of_other_runs_on_it() -> None:
    assert expected_steps(CONFIG, []) == STEPS
    assert expected_steps(replace(CONFIG, batch_size=64), [took(1.0)]) == 2 * STEPS
    assert expected_steps(replace(CONFIG, dataset="mnist"), []) == 6 * 375
    folder = replace(CONFIG, dataset="/a/folder")
    smaller_batches = replace(folder, batch_size=64)
    assert expected_steps(smaller_batches, [took(1.0, folder)]) == pytest.approx(108, abs=6)


def test_fewer_pictures_are_fewer_steps() -> None:
    few = replace(CONFIG, train_size=256)
    for measured in ([], [took(1.0)]):
        assert expected_steps(few, measured) == 6 * 2
        assert expected_steps(CONFIG, measured) == pytest.approx(STEPS, abs=6)
    assert expected_steps(replace(CONFIG, train_size=10**6), [took(1.0)]) == STEPS
    folder = replace(CONFIG, dataset="/a/folder")
    few = replace(folder, train_size=256)
    measured = [took(1.0, few, steps=12), took(1.0, folder)]
    assert expected_steps(few, measured) == 6 * 2
    assert expected_steps(folder, measured) == pytest.approx(STEPS, abs=6)


@given(st.integers(1, 50), st.sampled_from([(32,), (128,), (400, 64)]), st.booleans())
def test_more_work_takes_longer(epochs: int, hidden: tuple[int, ...], known: bool) -> None:
    measured = [took(2.0)] if known else []
    config = replace(CONFIG, epochs=epochs, hidden=hidden)
    wider = replace(config, hidden=(hidden[0] * 2, *hidden[1:]))
    longer = replace(config, epochs=epochs + 1)
    assert expected_seconds(config, measured) < expected_seconds(longer, measured)
    assert expected_seconds(config, measured) < expected_seconds(wider, measured)


def test_a_run_that_is_under_way_goes_on_as_fast_as_so_far_and_no_longer_than_it_may() -> None:
    measured = [took(1.0)] * 3
    half = {RUN: Work(CONFIG, STEPS // 2, None)}
    assert seconds_left(RUN, half, measured, since=60.0) == pytest.approx(60.0 + OVERHEAD)
    limited = {RUN: Work(CONFIG, STEPS // 2, 75.0)}
    assert seconds_left(RUN, limited, measured, since=60.0) == pytest.approx(15.0)
    assert seconds_left(Item("task", "t"), half, measured) > 0
