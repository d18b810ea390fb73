import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scratchmlp.ink import preparation, strokes


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
    assert preparation.crop(sheet).shape == (4, 1)
    assert preparation.crop(ink()).shape == (40, 40)


def test_fit_makes_the_longer_edge_twenty() -> None:
    assert preparation.fit(np.ones((8, 4))).shape == (20, 10)
    assert preparation.fit(np.ones((30, 90))).shape == (7, 20)
    assert preparation.fit(np.ones((1, 100))).shape == (1, 20)


@pytest.mark.parametrize("shape", [(8, 8), (3, 17), (40, 9)])
def test_ink_in_a_corner_moves_to_the_middle(shape: tuple[int, int]) -> None:
    sheet = ink(60, 60)
    sheet[: shape[0], : shape[1]] = 1
    centre = mass_centre(preparation.prepare(sheet))
    assert centre == pytest.approx((14, 14), abs=0.5)


def test_the_centre_of_mass_is_centred_and_not_the_box() -> None:
    sheet = ink(20, 20)
    sheet[:, :12] = 1
    sheet[0, :] = 1
    assert mass_centre(preparation.prepare(sheet)) == pytest.approx((14, 14), abs=0.75)


@settings(deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 50), st.integers(1, 50)), elements=st.floats(0, 1))
)
def test_any_ink_becomes_a_picture_and_loses_no_edge(sheet: np.ndarray) -> None:
    picture = preparation.as_mnist(sheet)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    fitted = preparation.fit(preparation.crop(sheet))
    assert picture.sum() == pytest.approx((fitted * 255).round().sum(), abs=1 + fitted.size)
    assert preparation.prepare(sheet).shape == (28, 28)
    assert not preparation.prepare(np.zeros_like(sheet)).any()


def seven(
    scale: float = 1.0, width: float = 16, at: tuple[float, float] = (140, 140)
) -> np.ndarray:
    placed = strokes.place([[(0, 0), (8, 0), (3, 12)]], 160 * scale, at)
    return strokes.render(placed, width * scale, 280)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Mean difference, as a share of the ink."""
    return float(np.abs(a.astype(float) - b).sum() / a.sum())


@settings(deadline=None, max_examples=20)
@given(st.integers(-50, 50), st.integers(-50, 50))
def test_the_position_does_not_matter(right: int, down: int) -> None:
    ink = seven()
    assert (
        preparation.prepare(np.roll(ink, (down, right), axis=(0, 1))) == preparation.prepare(ink)
    ).all()


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 1.6))
def test_the_size_hardly_matters(scale: float) -> None:
    assert distance(preparation.prepare(seven()), preparation.prepare(seven(scale))) < 0.3


@pytest.mark.parametrize("width", [6, 12, 24])
def test_the_brush_hardly_matters(width: float) -> None:
    thickness = preparation.relative_thickness(preparation.prepare(seven(width=width)) / 255)
    assert thickness == pytest.approx(preparation.THICKNESS, abs=0.4)
    assert distance(preparation.prepare(seven()), preparation.prepare(seven(width=width))) < 0.35


def test_the_thickness_is_the_width_of_the_pen() -> None:
    assert preparation.thickness(
        strokes.render([[(20, 140), (260, 140)]], 9, 280)
    ) == pytest.approx(9, rel=0.07)


def test_a_prepared_picture_does_not_change() -> None:
    image = preparation.prepare(seven())
    assert preparation.is_prepared(image / 255)
    assert (preparation.prepare(image / 255) == image).all()


@pytest.mark.parametrize(
    "sheet",
    {
        "dot": strokes.render([[(40, 230)]], 14, 280),
        "speck": np.pad([[1.0]], 100),
        "line": strokes.render([[(30, 30), (30, 250)]], 5, 280),
        "at the edge": strokes.render([[(0, 0), (0, 279), (150, 279)]], 12, 280),
        "full": np.ones((280, 280)),
        "pale": seven() * 0.2,
        "one pixel": np.ones((1, 1)),
    }.values(),
    ids=["dot", "speck", "line", "at the edge", "full", "pale", "one pixel"],
)
def test_every_stage_of_odd_ink_is_a_picture(sheet: np.ndarray) -> None:
    stages = preparation.stages(sheet)
    assert [stage.picture.dtype for stage in stages] == [np.uint8] * len(stages)
    assert stages[-1].picture.shape == (28, 28)
    assert all(stage.picture.any() for stage in stages)
    assert mass_centre(stages[-1].picture) == pytest.approx((14, 14), abs=1)
    assert (preparation.prepare(sheet) == stages[-1].picture).all()


def test_no_ink_is_an_empty_picture() -> None:
    assert not preparation.stages(np.zeros((280, 280)))[-1].picture.any()
    assert preparation.plain_resize(np.zeros((280, 280))).shape == (28, 28)


def test_a_plain_resize_does_not_move_the_ink() -> None:
    rows, columns = mass_centre(preparation.plain_resize(seven(0.5, at=(60, 70))))
    assert columns < 7.5
    assert rows < 9
