"""The table of sources. Cache files that older versions wrote must stay valid."""

import os
from pathlib import Path

import numpy as np
import pytest

from scratchmlp import paths
from scratchmlp.data import array_cache, datasets, sources
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.sources import SOURCES
from tests.loading import loaded_after


def fail(*args: object) -> None:
    pytest.fail("decoded again")


def arrays_of(dataset: Dataset) -> dict[str, np.ndarray]:
    """As a cache file of any version holds them."""
    return {
        "train_images": dataset.train.images,
        "train_labels": dataset.train.labels,
        "test_images": dataset.test.images,
        "test_labels": dataset.test.labels,
    }


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder whose files have fixed names, sizes and times; its path is relative."""
    monkeypatch.chdir(tmp_path)
    for split in ("training", "testing"):
        for label in ("3", "5"):
            folder = Path("digits-of-mine") / split / label
            folder.mkdir(parents=True)
            for n in (1, 2):
                (folder / f"{n}.png").write_bytes(b"x" * (10 * n))
                os.utime(folder / f"{n}.png", ns=(n, 1_700_000_000_000_000_000 + n))
            os.utime(folder, ns=(0, 1_700_000_000_000_000_000))
    return "digits-of-mine"


def test_fingerprints_are_those_of_older_versions(pictures: str) -> None:
    folders = "5fb8b5253e67092440f049f081f85556ed4b804131d161de2905ad64c43af846"
    assert SOURCES["mnist"].fingerprint(pictures) == folders
    assert SOURCES["digits"].fingerprint("scikit-learn") == "digits"


def test_cache_files_have_the_names_of_older_versions() -> None:
    names = {
        "mnist": "mnist.safetensors",
        "digits": "digits.safetensors",
        "/nowhere/digits of mine": "digits of mine-ad57ee8ddd83.safetensors",
    }
    for name, file in names.items():
        assert datasets._cache_file(name) == paths.cache() / file


def test_a_cache_file_of_an_older_version_is_read(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = {
        "root": "scikit-learn",
        "fingerprint": "digits",
        "classes": '["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]',
    }
    array_cache.write(paths.cache() / "digits.safetensors", arrays_of(digits), metadata)
    monkeypatch.setitem(SOURCES, "digits", SOURCES["digits"]._replace(decode=fail))
    dataset = datasets.load("digits")
    assert np.array_equal(dataset.train.images, digits.train.images)
    assert (dataset.classes, dataset.root) == (digits.classes, "scikit-learn")


def test_the_files_of_mnist_may_be_deleted_once_they_are_decoded(digits: Dataset) -> None:
    metadata = {"root": "/nowhere", "fingerprint": "of files that are gone", "classes": "[]"}
    array_cache.write(paths.cache() / "mnist.safetensors", arrays_of(digits), metadata)
    assert datasets.is_prepared("mnist")
    assert len(datasets.load("mnist").train) == 1437


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_a_title_and_a_help_sentence(name: str) -> None:
    source = SOURCES[name]
    assert source.title
    assert source.help.endswith(".")
    assert name in sources.HELP


def test_the_pictures_of_an_epoch_are_counted_without_reading_them(digits: Dataset) -> None:
    assert sources.count_pictures("digits") == len(digits.train)
    assert sources.count_pictures("mnist") == 60_000
    assert sources.count_pictures("mnist+digits") == 60_000 + 9 * len(digits.train)
    assert sources.count_pictures("mnist+/a/folder") == 0


def test_the_default_and_its_fallback_are_in_the_table() -> None:
    assert sources.DEFAULT in SOURCES
    assert SOURCES[sources.FALLBACK].is_installed


def test_a_new_source_is_one_entry(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(name: str, root: str, progress: datasets.Progress) -> Dataset:
        return Dataset(name, digits.classes, digits.test, digits.train, root)

    monkeypatch.setitem(SOURCES, "swapped", SOURCES["digits"]._replace(decode=decode))
    assert len(datasets.load("swapped").train) == 360
    assert datasets.is_prepared("swapped")


def test_the_table_is_quick_to_import() -> None:
    heavy = {"torch", "fastai", "sklearn", "joblib", "scipy", "PIL"}
    assert not heavy & loaded_after("import scratchmlp.data.sources")
