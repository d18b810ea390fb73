import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scratchmlp.images import drawing


def ink(height: int = 40, width: int = 40) -> np.ndarray:
    return np.zeros((height, width))


def mass_centre(picture: np.ndarray) -> tuple[float, float]:
    picture = picture.astype(float)
    rows, columns = np.indices(picture.shape)
    total = picture.sum()
    return (rows * picture).sum() / total + 0.5, (columns * picture).sum() / total + 0.5


def test_crop_keeps_all_ink_and_no_margin() -> None:
    sheet = ink()
    sheet[5:9, 30] = 1
    assert drawing.crop(sheet).shape == (4, 1)
    assert drawing.crop(ink()).shape == (40, 40)


def test_fit_makes_the_longer_edge_twenty() -> None:
    assert drawing.fit(np.ones((8, 4))).shape == (20, 10)
    assert drawing.fit(np.ones((30, 90))).shape == (7, 20)
    assert drawing.fit(np.ones((1, 100))).shape == (1, 20)


@pytest.mark.parametrize("shape", [(8, 8), (3, 17), (40, 9)])
def test_a_corner_ends_up_in_the_middle(shape: tuple[int, int]) -> None:
    sheet = ink(60, 60)
    sheet[: shape[0], : shape[1]] = 1
    centre = mass_centre(drawing.prepare(sheet))
    assert centre == pytest.approx((14, 14), abs=0.5)


def test_mass_decides_and_not_the_box() -> None:
    sheet = ink(20, 20)
    sheet[:, :12] = 1
    sheet[0, :] = 1
    assert mass_centre(drawing.prepare(sheet)) == pytest.approx((14, 14), abs=0.75)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 50), st.integers(1, 50)), elements=st.floats(0, 1))
)
def test_anything_becomes_a_picture_and_loses_no_edge(sheet: np.ndarray) -> None:
    picture = drawing.prepare(sheet)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    fitted = drawing.fit(drawing.crop(sheet))
    assert picture.sum() == pytest.approx((fitted * 255).round().sum(), abs=1 + fitted.size)
    assert not drawing.prepare(np.zeros_like(sheet)).any()
