"""A number on one sheet is split into its digits."""

import numpy as np
import pytest

from scratchmlp.ink import preparation, strokes

ONE = [[(20, 10), (20, 90)]]
FIVE = [[(10, 20), (10, 50), (40, 60), (30, 90), (10, 85)], [(12, 8), (45, 8)]]  # its bar is apart
FOUR = [[(10, 22), (8, 50), (34, 52)], [(46, 20), (44, 90)]]  # two strokes that do not touch


def sheet(*digits: strokes.Strokes, gap: float = 60) -> np.ndarray:
    moved = [[(x + 20 + i * gap, y + 80) for x, y in s] for i, d in enumerate(digits) for s in d]
    return strokes.render(moved, 6, 280)


def test_digits_are_in_order_and_keep_all_ink() -> None:
    ink = sheet(ONE, FIVE, ONE)
    parts = preparation.split_digits(ink)
    assert len(parts) == 3
    assert sum(parts) == pytest.approx(ink)
    lefts = [np.flatnonzero(part.any(axis=0))[0] for part in parts]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("digit", [ONE, FIVE, FOUR])
def test_a_digit_of_several_strokes_stays_one(digit: strokes.Strokes) -> None:
    assert len(preparation.split_digits(sheet(digit))) == 1


def test_digits_that_touch_are_cut() -> None:
    zero = [[(10 + 25 * np.cos(a), 50 + 40 * np.sin(a)) for a in np.linspace(0, 6.3, 40)]]
    assert len(preparation.split_digits(sheet(zero, zero, zero, gap=54))) == 3


def test_an_empty_sheet_has_no_digits() -> None:
    assert preparation.split_digits(np.zeros((280, 280))) == []


def test_a_prepared_picture_is_one_digit() -> None:
    image = np.zeros((28, 28))
    image[5:23, 8:10] = image[5:23, 18:20] = 1
    assert len(preparation.split_digits(image)) == 1


def test_noise_is_not_split() -> None:
    """Thousands of parts would take too long to compare."""
    dots = np.zeros((800, 800))
    dots[::4, ::4] = 1.0
    [whole] = preparation.split_digits(dots)
    assert np.array_equal(whole, dots)
