"""The source `pen`: its archive, its UNIPEN text, its pictures."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from scratchmlp import paths
from scratchmlp.data import datasets, downloads, pen, unipen
from scratchmlp.data.unipen import PenDigit
from scratchmlp.errors import UserError
from scratchmlp.ink import preparation
from tests.conftest import SHARED, unavailable
from tests.data.pen_archive import publish, to_unipen

ONE = [[(100.0, -400.0), (110.0, -410.0), (110.0, -100.0)]]
SEVEN = [[(50.0, -400.0), (200.0, -400.0), (100.0, -90.0)], [(60.0, -250.0), (180.0, -250.0)]]
WRITTEN = [PenDigit(writer, label, s) for writer in (3, 8) for label, s in ((1, ONE), (7, SEVEN))]


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch, closed_world: Path) -> Path:
    """An archive of four digits, put by hand where the program looks for it."""
    return publish(WRITTEN, monkeypatch, closed_world / "downloads")


def test_the_text_says_who_wrote_what_with_which_strokes() -> None:
    assert unipen.parse(to_unipen(WRITTEN)) == WRITTEN


def test_all_digits_of_the_training_part_are_read() -> None:
    file = SHARED / "pen-strokes.jsonl.gz"
    if not file.exists():
        unavailable("pen-strokes.jsonl.gz")
    rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    digits = [
        PenDigit(r["writer"], r["label"], [[(x, y) for x, y in s] for s in r["strokes"]])
        for r in rows
    ]
    found = unipen.parse(to_unipen(digits))
    assert found == digits
    assert len(found) == pen.DIGITS
    assert len({digit.writer for digit in found}) == pen.WRITERS
    assert sum(len(digit.strokes) for digit in found) == pen.STROKES


@pytest.mark.parametrize(
    ("before", "after"),
    [(".PEN_UP", ".PEN"), ('? "7"', "? seven"), (".COMMENT 7 3", ".COMMENT 1 3"), ("110", "x y z")],
)
def test_a_damaged_text_is_an_error_or_lacks_nothing_but_a_point(before: str, after: str) -> None:
    text = to_unipen(WRITTEN).replace(before, after, 1)
    try:
        assert len(unipen.parse(text)) == len(WRITTEN)
    except ValueError as error:
        assert "not complete" in str(error)


def test_an_archive_that_was_put_there_by_hand_is_used(archive: Path) -> None:
    dataset = datasets.load("pen")
    assert dataset.train.labels.tolist() == [1, 7, 1, 7]
    assert (dataset.classes, len(dataset.test)) == (tuple("0123456789"), 0)
    assert dataset.train.images.shape == (4, 28, 28)
    assert all(preparation.is_prepared(image / 255) for image in dataset.train.images)
    archive.unlink()
    datasets._opened.clear()
    assert datasets.is_prepared("pen")  # its pictures are enough
    assert np.array_equal(datasets.load("pen").train.images, dataset.train.images)


def test_a_digit_is_always_drawn_in_the_same_way_and_never_twice_alike(archive: Path) -> None:
    first, second = datasets.load("pen"), pen.decode("pen", str(archive), lambda *args: None)
    assert np.array_equal(first.train.images, second.train.images)
    assert not np.array_equal(first.train.images[0], first.train.images[2])  # the same strokes


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"x"])
def test_another_archive_is_refused_with_the_way_out(archive: Path, damage: object) -> None:
    archive.write_bytes(damage(archive.read_bytes()))  # type: ignore[operator]
    with pytest.raises(UserError, match="not the file that was published") as refused:
        datasets.load("pen")
    assert str(archive.parent) in str(refused.value)
    assert pen.ARCHIVE.sha256[:12] in str(refused.value)


def test_an_archive_without_all_digits_is_refused(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pen, "WRITERS", 30)
    with pytest.raises(UserError, match="does not hold the pen digits"):
        datasets.load("pen")


def test_without_a_network_the_sentence_says_what_to_put_where() -> None:
    with pytest.raises(UserError) as refused:
        datasets.load("pen")
    sentence = str(refused.value)
    assert "server does not answer" in sentence
    assert pen.ARCHIVE.url in sentence
    assert str(paths.home() / "downloads") in sentence


def test_a_download_is_checked_before_it_is_kept(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = archive.read_bytes()
    archive.unlink()
    monkeypatch.setattr(downloads, "is_reachable", lambda url: True)

    def send(content: bytes) -> None:
        def download(published: downloads.Published, file: Path, progress: object) -> None:
            file.write_bytes(content)

        monkeypatch.setattr(downloads, "_download", download)

    send(data[:-1])
    with pytest.raises(UserError, match="not the file that was published"):
        datasets.load("pen")
    assert not archive.exists()
    send(data)
    assert len(datasets.load("pen").train) == 4
    assert archive.exists()
