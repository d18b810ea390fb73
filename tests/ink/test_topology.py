"""Strokes become thicker, and holes, openings and spaces stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from scratchmlp.ink import preparation, strokes, topology
from scratchmlp.ink.strokes import Strokes


def arc(x: float, y: float, width: float, height: float, gap: float = 0) -> list[tuple]:
    """An ellipse with an opening of `gap` radians at the right."""
    angles = np.linspace(gap / 2, 2 * np.pi - gap / 2, 60)
    return [(x + width / 2 * np.cos(a), y + height / 2 * np.sin(a)) for a in angles]


def drawn(lines: Strokes, brush: float) -> np.ndarray:
    return strokes.render(lines, brush, 280)


def parts_and_holes(ink: np.ndarray) -> tuple[int, int]:
    parts = ndimage.label(ink > 0.5, np.ones((3, 3)))[1]
    return parts, ndimage.label(np.pad(ink <= 0.5, 1, constant_values=True))[1] - 1


def thickened(ink: np.ndarray) -> tuple[int, int]:
    return parts_and_holes(preparation.thicken(preparation.crop(ink)))


@pytest.mark.parametrize("brush", [3, 6, 10])
@pytest.mark.parametrize("width", [36, 60, 100])
def test_an_eight_keeps_both_holes(width: float, brush: float) -> None:
    eight = drawn([arc(140, 90, width, 100), arc(140, 190, width, 100)], brush)
    assert thickened(eight) == parts_and_holes(eight) == (1, 2)
    picture = preparation.prepare(eight)[:, 12:16].min(axis=1)
    [above, between, below] = (picture[4:12].min(), picture[12:16].max(), picture[16:24].min())
    assert max(above, below) < 140 < between


@pytest.mark.parametrize("brush", [3, 6, 10])
def test_two_strokes_do_not_join(brush: float) -> None:
    bars = drawn([[(120, 40), (120, 240)], [(150, 40), (150, 240)]], brush)
    assert thickened(bars) == parts_and_holes(bars) == (2, 0)


@pytest.mark.parametrize(("gap", "holes"), [(0.15, 1), (1.0, 0)])
def test_a_wide_opening_stays_and_a_small_one_closes(gap: float, holes: int) -> None:
    ring = drawn([arc(140, 140, 110, 180, gap)], 4)
    assert parts_and_holes(ring) == (1, 0)
    assert thickened(ring) == (1, holes)


def test_a_line_grows_freely() -> None:
    line = np.zeros((60, 60), dtype=bool)
    line[10:50, 30] = True
    assert (topology.growth(line, 7.0) == 7).all()


@given(arrays(bool, (24, 24), elements=st.booleans()), st.floats(0, 12))
def test_no_hole_is_filled_whatever_is_drawn(picture: np.ndarray, grow: float) -> None:
    ink = np.pad(picture, 13)
    limit = topology.growth(ink, grow)
    assert ((limit >= 0) & (limit <= grow)).all()
    papers, n = ndimage.label(~ink)
    left = ndimage.distance_transform_edt(~ink) > limit
    assert set(papers[left]) == set(range(1, n + 1))
