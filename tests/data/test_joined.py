"""Several datasets as one: names, what is joined, and how often a small one counts."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scratchmlp.data import datasets, joined, sources
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError

NAMED = ("mnist", "digits", "pen")
PATHS = st.text(st.sampled_from("/ab+. "), min_size=1, max_size=9).filter(
    lambda path: path.strip("+") == path
)


def dataset(name: str, n: int, classes: str = "01", n_test: int = 2, value: int = 0) -> Dataset:
    def examples(n: int) -> Examples:
        labels = np.arange(n, dtype=np.int64) % len(classes)
        return Examples(np.full((n, 28, 28), value, dtype=np.uint8), labels)

    return Dataset(name, tuple(classes), examples(n), examples(n_test), f"/{name}")


@given(st.lists(st.sampled_from(NAMED), min_size=1, max_size=3), PATHS)
def test_a_path_may_contain_the_sign(names: list[str], path: str) -> None:
    assert joined.split_name("+".join([*names, path]), NAMED) == (*names, path)
    assert joined.split_name("+".join([path, *names]), NAMED) == (path, *names)
    assert joined.split_name(path, NAMED) == (path,)


@pytest.mark.parametrize("name", ["mnist+", "+mnist", "+", "++", "", "mnist++digits"])
def test_a_sign_without_a_name_beside_it_joins_nothing_that_is_empty(name: str) -> None:
    parts = joined.split_name(name, NAMED)
    assert "+".join(parts) == name
    assert len(parts) == 1 or "" not in parts


def test_a_named_dataset_is_one_of_the_table_alone() -> None:
    assert sources.is_named("mnist+digits")
    assert not sources.is_named("mnist+/etc")
    assert not sources.is_named("mnist+")


def test_training_pictures_are_joined_and_the_test_split_is_the_first_ones() -> None:
    large, small = dataset("large", 100, value=1), dataset("small", 3, "10", value=2)
    both = joined.join("large+small", [large, small])
    assert (both.name, both.classes) == ("large+small", ("0", "1"))
    assert both.train.images[:, 0, 0].tolist() == [1] * 100 + [2] * 3
    assert both.train.labels[-3:].tolist() == [1, 0, 1]  # as the first one numbers its classes
    assert both.test is large.test


@given(st.lists(st.integers(2, 400), min_size=2, max_size=4))
def test_a_small_dataset_counts_for_a_fifth_of_the_largest(sizes: list[int]) -> None:
    parts = [dataset(str(i), n) for i, n in enumerate(sizes)]
    both = joined.join("all", parts)
    rows = np.arange(len(both.train))
    taken = both.to_train_on(rows)
    assert len(taken) == sum(part.n * part.times for part in both.parts)
    for part in both.parts:
        assert part.n * part.times >= joined.SHARE * max(sizes)
        assert part.times == 1 or part.n * (part.times - 1) < joined.SHARE * max(sizes)


def test_a_dataset_that_is_not_joined_counts_once() -> None:
    alone = dataset("alone", 5)
    assert len(alone.to_train_on(np.array([4, 0]))) == 2
    assert alone.times.tolist() == [1] * 5


def test_datasets_with_different_classes_are_refused_by_name() -> None:
    with pytest.raises(UserError, match=r"a and b cannot be joined.*: 0, 1 and 0, 2\."):
        joined.join("a+b", [dataset("a", 4), dataset("b", 4, "02")])


def test_a_dataset_is_not_joined_with_itself(digits: Dataset) -> None:
    with pytest.raises(UserError, match="names digits twice"):
        datasets.load("digits+digits")


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    """Twenty of the digits as a folder of somebody's own."""
    for split, first in (("training", 0), ("testing", 20)):
        for i in range(first, first + 20):
            label = str(i % 10)
            (tmp_path / "a+b" / split / label).mkdir(parents=True, exist_ok=True)
            Image.fromarray(digits.train.images[i]).save(
                tmp_path / "a+b" / split / label / f"{i}.png"
            )
    return tmp_path / "a+b"


def test_a_folder_of_ones_own_may_be_one_of_them(folder: Path, digits: Dataset) -> None:
    name = f"digits+{folder}"
    both = datasets.load(name)
    assert [(part.name, part.n, part.times) for part in both.parts] == [
        ("digits", 1437, 1),
        (str(folder), 20, 15),
    ]
    assert datasets.is_prepared(name)
    again = datasets.load(name)  # of decoded files
    assert datasets.load(name) is again
    assert sources.absolute(name) == name
    names = sources.file_names(both, "train")
    assert len(names) == len(both.train) == 1457
    assert names[0].startswith("digits/training/")
    assert names[-1] == "a+b/training/9/19.png"
    assert sources.file_names(both, "test")[0] == f"testing/{digits.test.labels[0]}/0"


def test_what_is_at_hand_of_a_joined_dataset_is_not_downloaded(digits: Dataset) -> None:
    """Neither MNIST nor the pen digits are here, and no test may reach the network."""
    here = datasets.at_hand("mnist+digits+pen")
    assert here.name == "digits"
    assert np.array_equal(here.train.images, digits.train.images)
    assert len(here.test) == 0  # MNIST's is not here
    assert len(datasets.at_hand("digits+pen").test) == 360
    assert datasets.at_hand("digits") is datasets.load("digits")
    with pytest.raises(UserError, match="MNIST is not on this machine"):
        datasets.at_hand("mnist")
