"""How people arrange their pictures, and what their systems leave among them."""

from pathlib import PurePosixPath

import pytest

from scratchmlp.data import layouts
from scratchmlp.data.layouts import Layout, NoPicturesError


def arrange(*paths: str) -> Layout:
    return layouts.arrange(PurePosixPath(path) for path in paths)


def found(layout: Layout) -> tuple[list[str], list[str]]:
    return [str(p.path) for p in layout.train], [str(p.path) for p in layout.test]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training", "testing"),
        ("train", "test"),
        ("Training", "Testing"),
        ("train", "valid"),
        ("TRAIN", "val"),
        ("data/train", "data/test"),
        ("my digits/data/train", "my digits/data/validation"),
    ],
)
def test_the_splits_have_many_names(train: str, test: str) -> None:
    layout = arrange(f"{test}/b/1.png", f"{train}/b/2.png", f"{train}/a/10.png", f"{test}/a/9.png")
    assert found(layout) == (
        [f"{train}/b/2.png", f"{train}/a/10.png"],
        [f"{test}/b/1.png", f"{test}/a/9.png"],
    )
    assert layout.classes == ("a", "b")


def test_validation_pictures_beside_test_pictures_are_trained_on() -> None:
    layout = arrange("train/a/1.png", "valid/a/2.png", "test/a/3.png")
    assert found(layout) == (["train/a/1.png", "valid/a/2.png"], ["test/a/3.png"])
    assert layout.notes == ["The validation folder's pictures are trained on too."]


@pytest.mark.parametrize("around", ["", "data/", "training/", "a/b/"])
def test_a_fifth_of_each_class_is_split_off_where_there_is_no_test_folder(around: str) -> None:
    paths = [f"{around}{label}/{n}.png" for label in "xy" for n in range(10)]
    layout = arrange(*paths)
    train, test = found(layout)
    assert sorted(train + test) == sorted(paths)
    assert [path[-7:-6] if around else path[0] for path in test].count("x") == 2
    assert len(test) == 4
    assert "20% of each class are the test pictures" in layout.notes[0]
    assert found(arrange(*reversed(paths))) == (train, test)


def test_a_class_may_have_the_name_of_a_split() -> None:
    assert arrange("train/1.png", "train/2.png", "car/1.png").classes == ("car", "train")


@pytest.mark.parametrize(
    "left",
    [
        "train/a/._0.png",
        "__MACOSX/train/a/0.png",
        "train/.ipynb_checkpoints/0.png",
        "train/a/Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "train/.ipynb_checkpoints",
    ],
)
def test_what_a_system_leaves_is_passed_over(left: str) -> None:
    layout = arrange("train/a/0.png", "train/b/0.png", "test/a/0.png", left)
    assert found(layout) == (["train/a/0.png", "train/b/0.png"], ["test/a/0.png"])
    assert layout.notes == ["Passed over: 1 file that the system left."]


def test_other_files_are_passed_over_and_counted() -> None:
    others = "labels.csv", "train/a/0.txt", "train/a/1.TXT", "cover.png", "train/loose.png"
    layout = arrange("train/a/0.JPEG", "test/a/0.WebP", "extra/a/0.tiff", *others)
    assert found(layout) == (["train/a/0.JPEG"], ["test/a/0.WebP"])
    assert layout.notes == ["Passed over: 2 .txt, 1 .csv, 3 pictures in no folder of a class."]


@pytest.mark.parametrize("paths", [(), ("readme.md",), ("1.png", "2.png"), ("a/b.txt",)])
def test_a_folder_without_pictures_in_folders_is_none(paths: tuple[str, ...]) -> None:
    with pytest.raises(
        NoPicturesError, match="no pictures in folders of classes: it needs <class>"
    ):
        arrange(*paths)


def test_test_pictures_alone_are_no_dataset() -> None:
    with pytest.raises(NoPicturesError, match="no training pictures"):
        arrange("testing/a/1.png", "testing/b/1.png")
