"""What exported scripts read: pictures in every format, and the split."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from scratchmlp.data import splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.runs import export, standalone


def idx(array: np.ndarray) -> bytes:
    """An array in MNIST's own format."""
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def test_pictures_are_read_from_every_kind_of_source(digits: Dataset, tmp_path: Path) -> None:
    some = digits.test.take(np.arange(30))
    mnist, packed, folder = tmp_path / "images", tmp_path / "packed", tmp_path / "folder"
    for place in (mnist, packed):
        place.mkdir()
    (mnist / "t10k-images-idx3-ubyte").write_bytes(idx(some.images))
    (mnist / "t10k-labels-idx1-ubyte").write_bytes(idx(some.labels.astype(np.uint8)))
    (packed / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(some.images)))
    (packed / "t10k-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(idx(some.labels.astype(np.uint8)))
    )
    for n, (image, label) in enumerate(zip(some.images, some.labels, strict=True)):
        (folder / "testing" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "testing" / str(label) / f"{n}.png")
    npz = tmp_path / "digits.npz"
    npz.write_bytes(export.dataset_file(Dataset("digits", digits.classes, some, some, "")))
    for place in (mnist, packed, folder, npz):
        found = standalone.read_examples(place, "test")
        assert np.array_equal(found.images, some.images)
        assert np.array_equal(found.labels, some.labels)


def test_a_class_without_test_pictures_keeps_its_number(tmp_path: Path) -> None:
    for part, names in (("training", "abc"), ("testing", "ac")):
        for name in names:
            (tmp_path / part / name).mkdir(parents=True)
            Image.new("L", (28, 28)).save(tmp_path / part / name / "1.PNG")
    assert standalone.read_examples(tmp_path, "test").labels.tolist() == [0, 2]
    assert standalone.read_examples(tmp_path, "train").labels.tolist() == [0, 1, 2]


def test_ink_on_light_paper_is_inverted(digits: Dataset, tmp_path: Path) -> None:
    for n, image in enumerate(digits.test.images[:20]):
        (tmp_path / "testing" / str(n % 2)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(tmp_path / "testing" / str(n % 2) / f"{n}.png")
    found = standalone.read_examples(tmp_path, "test")
    assert np.array_equal(found.images, digits.test.images[:20])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(picture=arrays(np.uint8, (28, 28)), level=st.integers(0, 9))
def test_any_grey_png_is_read(tmp_path: Path, picture: np.ndarray, level: int) -> None:
    Image.fromarray(picture).save(tmp_path / "one.png", compress_level=level)
    assert np.array_equal(standalone.read_png(tmp_path / "one.png"), picture)


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_of_png_is_decoded(tmp_path: Path, kind: int) -> None:
    """PNG specification, section 9; Pillow reads the same."""
    rows = np.random.default_rng(kind).integers(0, 256, (28, 28), dtype=np.uint8)
    lines = b"".join(bytes([kind]) + row.tobytes() for row in rows)

    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body).to_bytes(4, "big")
        return struct.pack(">I", len(body)) + name + body + check

    head = struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    file = tmp_path / "one.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    assert np.array_equal(standalone.read_png(file), np.asarray(Image.open(file)))


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    with pytest.raises(SystemExit, match="28 x 28"):
        standalone.read_png(tmp_path / "one.png")
    with pytest.raises(SystemExit, match="has no MNIST files"):
        standalone.read_examples(tmp_path, "test")


@pytest.mark.parametrize(
    ("n", "valid_pct", "seed"), [(1437, 0.2, 42), (100, 0.15, 7), (50, 0.0, 1)]
)
def test_the_split_is_the_same_as_fastais(n: int, valid_pct: float, seed: int) -> None:
    ours, theirs = (
        standalone.split_rows(n, valid_pct, seed),
        splits.train_valid_split(n, valid_pct, seed),
    )
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
