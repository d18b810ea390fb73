"""A ZIP of drawings: an import equals the export, runs train on it, hostile ZIPs are refused."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scratchmlp.data import datasets
from scratchmlp.errors import UserError
from scratchmlp.ink import archive
from scratchmlp.ink.archive import ArchivedDrawing

LINE = [[(1.5, 2.0), (3.0, 4.25)], [(5.0, 5.0)]]


def drawings(labels: str) -> list[ArchivedDrawing]:
    rng = np.random.default_rng(len(labels))
    return [
        ArchivedDrawing(
            label, rng.integers(0, 256, (28, 28), dtype=np.uint8), LINE if n % 2 else None
        )
        for n, label in enumerate(labels)
    ]


def zipped(files: dict[str, bytes], **options: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def png(image: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "png")
    return out.getvalue()


GREY = np.pad(np.full((60, 10), 20, dtype=np.uint8), 40, constant_values=250)  # a one on paper
GOOD = png(np.full((28, 28), 9, dtype=np.uint8))


@settings(max_examples=20, deadline=None)
@given(st.text("0123456789", min_size=1, max_size=30))
def test_an_import_equals_the_export(labels: str) -> None:
    exported = drawings(labels)
    imported = archive.unpack(archive.pack(exported))
    assert sorted(map(_plain, imported)) == sorted(map(_plain, exported))


def _plain(drawing: ArchivedDrawing) -> tuple:
    return drawing.label, drawing.image.tobytes(), json.dumps(drawing.strokes)


def test_the_unpacked_zip_is_a_dataset(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive.pack(drawings("0123456789" * 3 + "3")))) as packed:
        packed.extractall(tmp_path)
    dataset = datasets.load(str(tmp_path / "drawings"))
    assert dataset.classes == tuple("0123456789")
    assert len(dataset.train) == 21
    assert np.bincount(dataset.test.labels).tolist() == [1] * 10


def test_a_picture_of_any_size_is_prepared() -> None:
    page = np.full((300, 400), 250, dtype=np.uint8)
    page[100:250, 195:210] = 5
    [drawing] = archive.unpack(zipped({"mine/1/photo.png": png(page)}))
    assert drawing.label == "1"
    assert drawing.image.shape == (28, 28)
    rows, columns = np.nonzero(drawing.image > 127)
    assert np.ptp(rows) > 15 and np.ptp(columns) < 6


def with_a_false_size() -> bytes:
    """A ZIP that states a small size for a picture of 30 MB."""
    bomb = zipped({"3/a.png": bytes(30_000_000)}, compression=zipfile.ZIP_DEFLATED)
    return bomb.replace((30_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


CLAIMS = png(np.zeros((4_000, 4_000), dtype=np.uint8))

HOSTILE = {
    "not a ZIP": (b"hello", "not a ZIP that can be read"),
    "cut short": (archive.pack(drawings("123"))[:-30], "not a ZIP that can be read"),
    "damaged": (
        archive.pack(drawings("1")).replace(b"IHDR", b"XXXX"),
        "not a ZIP that can be read",
    ),
    "empty": (zipped({}), "holds no drawings"),
    "parent folder": (zipped({"../../3/a.png": GOOD}), "path that is refused"),
    "absolute path": (zipped({"/etc/3/a.png": GOOD}), "path that is refused"),
    "Windows path": (zipped({"C:/3/a.png": GOOD}), "path that is refused"),
    "no folder": (zipped({"a.png": GOOD}), "lies in no folder"),
    "text": (zipped({"3/a.png": b"not a picture"}), "not a picture that can be read"),
    "bomb": (
        zipped({"3/a.png": bytes(200_000_000)}, compression=zipfile.ZIP_DEFLATED),
        "unpacks to more than 100 MB",
    ),
    "large": (
        zipped({"3/a.png": bytes(3_000_000)}, compression=zipfile.ZIP_DEFLATED),
        "3/a.png in this ZIP is too large",
    ),
    "many megapixels": (
        zipped({f"3/{n}.png": CLAIMS for n in range(3)}),
        "too large: at most 20 megapixels in all, and at most 1,000 pictures",
    ),
    "many small pictures": (
        zipped({f"3/{n}.png": png(np.zeros((2, 2), dtype=np.uint8)) for n in range(2_001)}),
        "at most 1,000 pictures that are not 28 x 28",
    ),
    "many points": (
        zipped({"3/a.png": GOOD, "strokes.json": b"[" * 1_000_001}),
        "too long: at most 1,000,000 points",
    ),
    "a false size": (with_a_false_size(), "not a ZIP that can be read|too large|not a picture"),
    "strokes are not JSON": (zipped({"3/a.png": GOOD, "strokes.json": b"{"}), "is not JSON"),
    "strokes in a list": (zipped({"3/a.png": GOOD, "strokes.json": b"[]"}), "must be an object"),
    "strokes of words": (
        zipped({"3/a.png": GOOD, "strokes.json": b'{"3/a.png": [["x"]]}'}),
        "not a pair of numbers",
    ),
}


@pytest.mark.parametrize(("data", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_the_error_of_a_hostile_zip_is_one_line(data: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as raised:
        archive.unpack(data)
    assert "\n" not in str(raised.value)


def test_a_zip_with_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive.pack(drawings("123"))
    monkeypatch.setattr(archive, "MAX_PICTURES", 2)
    with pytest.raises(UserError, match="3 pictures: at most 2"):
        archive.unpack(data)
    monkeypatch.setattr(archive, "MAX_ZIP_BYTES", 100)
    with pytest.raises(UserError, match="too large"):
        archive.unpack(data)


def test_a_zip_of_any_pictures_without_what_a_system_left_is_imported() -> None:
    """An iPhone's or a Mac's ZIP: JPEG, BMP in capitals, and hidden files."""
    ink = Image.fromarray(GREY)
    files = {"__MACOSX/3/._a.png": b"x", "3/.DS_Store": b"x", "3/._b.jpg": b"x"}
    for name, format in (("3/a.jpg", "jpeg"), ("3/b.BMP", "bmp"), ("4/c.gif", "gif")):
        out = io.BytesIO()
        ink.save(out, format)
        files[name] = out.getvalue()
    found = archive.unpack(zipped(files))
    assert [drawing.label for drawing in found] == ["3", "3", "4"]
    assert all(drawing.image.any() for drawing in found)
