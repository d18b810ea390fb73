"""A number on one sheet, taken apart."""

import numpy as np
import pytest

from scratchmlp.ink import preparation, strokes

ONE = [[(20, 10), (20, 90)]]
FIVE = [[(10, 20), (10, 50), (40, 60), (30, 90), (10, 85)], [(12, 8), (45, 8)]]  # its bar apart
FOUR = [[(10, 22), (8, 50), (34, 52)], [(46, 20), (44, 90)]]  # two strokes that do not touch


def sheet(*digits: strokes.Strokes, gap: float = 60) -> np.ndarray:
    drawn = [[(x + 20 + i * gap, y + 80) for x, y in s] for i, d in enumerate(digits) for s in d]
    return strokes.render(drawn, 6, 280)


def test_digits_come_left_to_right_and_lose_no_ink() -> None:
    ink = sheet(ONE, FIVE, ONE)
    parts = preparation.split(ink)
    assert len(parts) == 3
    assert sum(parts) == pytest.approx(ink)
    lefts = [np.flatnonzero(part.any(axis=0))[0] for part in parts]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("digit", [ONE, FIVE, FOUR])
def test_a_digit_of_several_strokes_is_one(digit: strokes.Strokes) -> None:
    assert len(preparation.split(sheet(digit))) == 1


def test_digits_that_touch_are_cut() -> None:
    zero = [[(10 + 25 * np.cos(a), 50 + 40 * np.sin(a)) for a in np.linspace(0, 6.3, 40)]]
    assert len(preparation.split(sheet(zero, zero, zero, gap=54))) == 3


def test_an_empty_sheet_has_no_digits() -> None:
    assert preparation.split(np.zeros((280, 280))) == []


def test_a_prepared_picture_is_one_digit() -> None:
    image = np.zeros((28, 28))
    image[5:23, 8:10] = image[5:23, 18:20] = 1
    assert len(preparation.split(image)) == 1


def test_dots_all_over_are_one_thing_and_no_number() -> None:
    """Thousands of pieces of ink, each of which would be looked at by itself."""
    dots = np.zeros((800, 800))
    dots[::4, ::4] = 1.0
    [whole] = preparation.split(dots)
    assert np.array_equal(whole, dots)
