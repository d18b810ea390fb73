"""Photos and scans are read, and what is strange in them is never sure."""

import numpy as np
import pytest

from scratchmlp.analysis import photo_prediction, prediction
from scratchmlp.bench import photo_kinds, sheets, stroke_photos
from scratchmlp.bench.photos import pictures_of_letters
from scratchmlp.ink import photos, strokes
from scratchmlp.net import shipped
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from tests.conftest import SHARED, unavailable

SEVEN = [[(0.0, 0.0), (60.0, 0.0), (25.0, 100.0)]]
FIVE = [[(60, 0), (10, 0), (5, 45), (40, 40), (60, 70), (35, 100), (0, 95)]]


@pytest.fixture(scope="module")
def network() -> Network:
    """The network that comes with the program."""
    return checkpoint_file.loads(shipped.network_bytes())


def read(network: Network, data: bytes) -> list[int | None]:
    return [d.label for d in photo_prediction.predict_number(network, photos.extract_ink(data))]


def test_the_photos_that_people_send_are_read(network: Network) -> None:
    folder = SHARED / "photos"
    if not folder.exists():
        unavailable(str(folder))
    for file in sorted(folder.iterdir()):
        assert read(network, file.read_bytes()) == [int(file.stem[-1])], file.name


def test_few_printed_letters_are_sure(network: Network) -> None:
    sure = []
    for letter, data in zip(photo_kinds.LETTERS, pictures_of_letters(), strict=True):
        digits = photo_prediction.predict_number(network, photos.extract_ink(data))
        sure += [letter] * (bool(digits) and all(d.verdict == "sure" for d in digits))
    assert len(sure) <= 4, sure


@pytest.mark.parametrize("angle", [-20, 20])
def test_a_tilted_page_is_read(network: Network, angle: int) -> None:
    turned = photo_prediction.rotated(sheets.of_strokes(FIVE)(90, 9), angle)
    ink = np.pad(turned, 30)
    assert [d.label for d in photo_prediction.predict_number(network, ink)] == [5]


def test_digits_that_touch_are_read_as_two_and_are_not_sure(network: Network) -> None:
    left, right = sheets.of_strokes(FIVE), sheets.of_strokes(SEVEN)
    data = stroke_photos.pair(left, right, np.random.default_rng(1), 0.0)
    digits = photo_prediction.predict_number(network, photos.extract_ink(data))
    assert [d.label for d in digits] == [5, 7]
    assert {d.verdict for d in digits} == {"not sure"}


def test_wide_ink_may_be_two_digits() -> None:
    assert photo_prediction.looks_like_two(np.pad(np.ones((50, 80)), 20))
    assert not photo_prediction.looks_like_two(np.pad(np.ones((80, 50)), 20))


def test_an_empty_picture_has_no_digits(network: Network) -> None:
    assert photo_prediction.predict_number(network, np.zeros((50, 50))) == []


def test_a_prepared_picture_is_read_as_a_drawing_is(network: Network) -> None:
    image = prediction.prepare(network, strokes.render([[(60, 40), (200, 60), (90, 240)]], 16, 280))
    [photo] = photo_prediction.predict_number(network, image / 255)
    drawing = prediction.predict(network, image / 255)
    np.testing.assert_array_equal(photo.probabilities, drawing.probabilities)
    assert (photo.label, photo.verdict) == (drawing.label, drawing.verdict)
