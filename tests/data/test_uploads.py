"""ZIPs that visitors upload: their names, their limits, and what is read of them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchmlp.data import datasets, sources, uploads, zips
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.zips import Limits
from scratchmlp.errors import UserError
from tests.data.zipped import packed

SMALL = Limits(zip_bytes=200_000, unpacked_bytes=400_000, pictures=60, pixels=60 * 784)


def test_an_upload_is_a_dataset_whose_name_tells_nothing_of_the_server(
    digits: Dataset, closed_world: Path
) -> None:
    data = packed(digits.train.images[:20])
    name = uploads.keep(data, "../my letters!.zip", "ann")
    assert name.startswith("upload:my-letters-")
    assert uploads.is_upload(name) and sources.absolute(name) == name
    assert uploads.owned("ann") == [name] and uploads.owned("ben") == []
    dataset = datasets.load(name)
    assert (dataset.name, len(dataset.train), len(dataset.test)) == (name, 16, 4)
    assert datasets.is_prepared(name)
    assert uploads.keep(data, "my letters!.zip", "ben") == name
    uploads.forget(name, "ann")
    datasets.forget(name)
    assert len(datasets.load(name).train) == 16  # Ben keeps it
    uploads.forget(name, "ben")
    datasets.forget(name)
    assert not list(closed_world.glob("cache/upload*"))
    with pytest.raises(UserError, match="not on this machine: upload them"):
        datasets.load(name)


@pytest.mark.parametrize("name", ["upload:../x", "upload:", "upload:a/b", "upload:*", "upload:é"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    assert not uploads.is_upload(name)


def test_a_zip_within_the_limits_is_taken(digits: Dataset) -> None:
    zips.check(packed(digits.train.images[:60]), "a.zip", SMALL)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"zip_bytes": 100}, "is too large"),
        ({"unpacked_bytes": 100}, "unpacks to more than 0 MB"),
        ({"pictures": 10}, "holds 20 pictures: at most 10"),
        ({"pixels": 784 * 19}, "more than 0 megapixels"),
    ],
)
def test_a_zip_beyond_a_limit_is_refused(
    digits: Dataset, change: dict[str, int], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        zips.check(packed(digits.train.images[:20]), "a.zip", SMALL._replace(**change))


def test_a_bomb_is_refused_by_its_headers() -> None:
    """100 MB of zeros in 100 kB; and a picture of 25 megapixels in 3 kB."""
    with pytest.raises(UserError, match="unpacks to more than"):
        zips.check(packed(np.zeros((0, 1, 1)), bomb=bytes(100_000_000)), "a.zip", SMALL)
    huge = io.BytesIO()
    Image.new("1", (3_000, 3_000)).save(huge, "png")
    with pytest.raises(UserError, match="more than 0 megapixels"):
        zips.check(packed(np.zeros((0, 1, 1)), **{"a/1.png": huge.getvalue()}), "a.zip", SMALL)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "an empty file"), (b"%PDF", "a PDF"), (b"PK\x03\x04 half", "not a ZIP that can be")],
)
def test_what_is_no_zip_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=f"a.zip is {said}"):
        zips.check(data, "a.zip", SMALL)


def test_one_damaged_file_in_a_zip_does_not_hide_the_others(digits: Dataset) -> None:
    data = bytearray(packed(digits.train.images[:40]))
    start = data.index(b"0/0.png") + 60
    data[start : start + 20] = bytes(20)
    name = uploads.keep(bytes(data), "a.zip", "ann")
    with pytest.raises(UserError, match=r"1 of 40 pictures in .* cannot be used: 0/0.png"):
        datasets.load(name)
