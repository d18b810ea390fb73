"""Strokes are checked and rendered as ink."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.errors import UserError
from scratchmlp.ink import strokes

COORDINATE = st.floats(-9000, 9000).map(lambda x: round(x, 2))
STROKES = st.lists(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=9), max_size=5)


@given(STROKES)
def test_strokes_survive_json(drawn: strokes.Strokes) -> None:
    assert strokes.loads(strokes.dumps(drawn)) == drawn


def test_a_line_is_as_wide_as_its_pen_and_its_caps_are_round() -> None:
    ink = strokes.render([[(20, 50), (80, 50)]], 10, 100)
    assert ink[:, 50].sum() == pytest.approx(10, abs=0.6)
    assert ink.sum() == pytest.approx(60 * 10 + np.pi * 25, rel=0.05)
    assert ink[50, 16:84].min() > 0.9
    assert ink[46, 15] < 0.2 and ink[50, 12] == 0


def test_a_point_is_a_dot_and_no_strokes_are_no_ink() -> None:
    assert strokes.render([[(50, 50)]], 20, 100).sum() == pytest.approx(np.pi * 100, rel=0.05)
    assert not strokes.render([], 20, 100).any()
    assert not strokes.render([[(-500, -500)]], 20, 100).any()


def test_placed_strokes_have_the_size_and_the_middle() -> None:
    points = np.array(strokes.place([[(0, 0), (2, 8)]], 100, (140, 140))[0])
    assert np.ptp(points, axis=0) == pytest.approx((25, 100))
    assert points.mean(axis=0) == pytest.approx((140, 140))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "no strokes"),
        ("[1]", "no strokes"),
        ("[[[1]]]", "not a pair"),
        ('[[["a", 2]]]', "not a pair"),
        ("[[[true, 2]]]", "not a pair"),
        ("[[[NaN, 2]]]", "farther than"),
        ("[[[1e300, 2]]]", "farther than"),
        (json.dumps([[[0, 0]]] * 501), "too long"),
        (json.dumps([[[0, 0]] * 20_001]), "too long"),
    ],
)
def test_other_data_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        strokes.loads(text)
