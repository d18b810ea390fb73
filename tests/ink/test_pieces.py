"""The digit is told from what is beside it, in pictures of every kind."""

import numpy as np
import pytest

from scratchmlp.bench import sheets
from scratchmlp.bench.photo_kinds import KINDS
from scratchmlp.bench.sheets import Digit, file, placed
from scratchmlp.ink import outlines, photos, preparation, seams
from scratchmlp.ink.contrast import contrast
from scratchmlp.ink.photos import Area, Photo
from scratchmlp.ink.piece import EDGE, FRAME, LINE, SMALL, reasons_in_words
from scratchmlp.ink.strokes import Strokes

TWO: Strokes = [[(0, 20), (20, 0), (50, 0), (60, 25), (40, 60), (0, 100), (65, 100)]]
FIVE: Strokes = [[(60, 0), (10, 0), (5, 45), (40, 40), (60, 70), (35, 100), (0, 95)]]


def resembles(photo: Photo, digit: Digit) -> float:
    """Correlation of what is read with the digit alone."""
    actual, expected = preparation.prepare(photo.ink()), preparation.prepare(digit(300, 26))
    return float(np.corrcoef(actual.ravel(), expected.ravel())[0, 1])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("tilted")])
def test_the_digit_is_found_in_a_picture_of_each_kind(kind: str) -> None:
    rng = np.random.default_rng(7)
    for strokes in (TWO, FIVE):
        digit = sheets.of_strokes(strokes)
        assert resembles(photos.read(KINDS[kind](digit, rng)), digit) > 0.6


def page() -> sheets.Sheet:
    digit = sheets.of_strokes(TWO)(150, 14)
    return placed(digit, (480, 400), np.random.default_rng(0), spread=0)


def reasons(sheet: sheets.Sheet) -> list[str]:
    return [p.reason for p in photos.read(file(1 - sheet.ink)).found.pieces]


def test_each_piece_has_its_reason() -> None:
    clean = page()
    left, top, right, bottom = clean.box
    below = (left - 40, bottom + 25, right + 40, bottom + 27)
    around = (left - 40, top - 40, right + 40, bottom + 40)
    assert reasons(clean) == [""]
    assert set(reasons(clean.drawn(lambda pen: pen.rectangle((0, 0, 30, 400), 255)))) == {"", EDGE}
    assert set(reasons(clean.drawn(lambda pen: pen.rectangle(below, 255)))) == {"", LINE}
    boxed = clean.drawn(lambda pen: pen.rectangle(around, outline=255, width=3))
    assert set(reasons(boxed)) == {"", FRAME}
    assert set(reasons(clean.drawn(lambda pen: pen.ellipse((20, 20, 27, 27), 255)))) == {"", SMALL}


def test_a_digit_that_fills_the_picture_is_read_although_it_touches_the_edge() -> None:
    digit = sheets.of_strokes(FIVE)
    assert resembles(photos.read(file(1 - digit(200, 20))), digit) > 0.95


def test_pieces_are_taken_in_and_out() -> None:
    sheet = page().drawn(lambda pen: pen.ellipse((20, 20, 40, 40), 255))
    photo = photos.read(file(1 - sheet.ink))
    [digit], [dot] = (
        [p.label for p in photo.found.pieces if bool(p.reason) == is_out] for is_out in (0, 1)
    )
    assert (photo.ink() == photo.ink({digit})).all()
    assert photo.ink({digit, dot})[30, 30] == 1 and photo.ink({digit})[30, 30] == 0
    assert not photo.ink(set()).any()


def test_an_area_of_a_picture_is_read_alone() -> None:
    digit = sheets.of_strokes(TWO)
    two = np.hstack([np.pad(digit(200, 20), 40), np.pad(digit(200, 20), 40)])
    data = file(1 - two)
    assert len(preparation.split_digits(photos.read(data).ink())) == 2
    half = photos.read(data, Area(0, 0, 0.5, 1))
    assert len(preparation.split_digits(half.ink())) == 1
    assert resembles(half, digit) > 0.95
    inner = Area(0.5, 0, 0.5, 1).within(Area(0.5, 0.5, 0.5, 0.5))
    assert inner == Area(0.75, 0.5, 0.25, 0.5)


@pytest.mark.parametrize("level", [0, 120, 255])
def test_noise_on_paper_is_no_ink(level: int) -> None:
    noise = np.random.default_rng(0).normal(0, 2, (300, 400, 1))
    picture = np.repeat((level + noise).clip(0, 255), 3, axis=2).astype(np.uint8)
    assert not photos.read(file(picture / 255)).ink().any()


def test_contrast_is_a_distance_of_colours() -> None:
    """The red and the green have the same luminance."""
    picture = np.full((60, 60, 3), (0, 130, 0), dtype=np.uint8)
    picture[20:40, 28:32] = (255, 0, 0)
    found = contrast(picture)
    assert (found[20:40, 28:32] > 0.5).all() and found[:20].max() == 0


def test_an_outline_is_filled_and_a_hole_is_not() -> None:
    y, x = np.mgrid[-60:61, -60:61]
    ring = np.abs(np.hypot(x, y) - 45) < 5
    assert (outlines.fill(ring) == ring).all()
    outline = np.zeros((140, 60), dtype=bool)
    outline[10:130, 20:40] = True
    outline[12:128, 22:38] = False
    assert outlines.fill(outline)[70, 30]


def test_touching_strokes_are_cut_where_they_touch() -> None:
    stroke = np.zeros((100, 100))
    stroke[:, 10:20] = stroke[:, 80:90] = 1
    stroke[48:52, 20:80] = 1
    for left, right in seams.cuts(stroke):
        middle = left.shape[1] * 7 // 10
        assert left[:, :10].any() and not left[:, middle:].any()
        assert right[:, middle:].any() and not right[:, :10].any()


def test_reasons_are_counted_in_words() -> None:
    sheet = page().drawn(lambda pen: pen.ellipse((20, 20, 27, 27), 255))
    sheet = sheet.drawn(lambda pen: pen.ellipse((60, 20, 67, 27), 255))
    found = photos.read(file(1 - sheet.ink)).found.pieces
    assert reasons_in_words([p for p in found if p.reason]) == "2 small pieces"
