"""Folders of pictures: polarity, damage, and what cannot be trained on."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchmlp.data import datasets, samples
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError

Paint = Callable[[NDArray[np.uint8]], Image.Image]


def write(root: Path, examples: Examples, folder: str, paint: Paint, ending: str = "png") -> None:
    for n, (image, label) in enumerate(zip(examples.images, examples.labels, strict=True)):
        file = root / folder / str(label) / f"{n}.{ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        paint(image).save(file, **({"lossless": True} if ending == "webp" else {}))


def as_alpha(image: NDArray[np.uint8], ink: int) -> Image.Image:
    """Ink of one brightness on transparent paper."""
    return Image.merge("LA", (Image.new("L", (28, 28), ink), Image.fromarray(image)))


PAINTS: dict[str, Paint] = {
    "white on black": Image.fromarray,
    "black on white": lambda image: Image.fromarray(255 - image),
    "black on transparent": lambda image: as_alpha(image, 0),
    "white on transparent": lambda image: as_alpha(image, 255),
}


@pytest.fixture
def some(digits: Dataset) -> Examples:
    return digits.train.take(np.arange(60))


@pytest.mark.parametrize("kind", PAINTS)
def test_ink_is_255_whatever_the_paper_is(some: Examples, tmp_path: Path, kind: str) -> None:
    write(tmp_path, some, "training", PAINTS[kind])
    write(tmp_path, some, "testing", PAINTS[kind])
    dataset = datasets.load(str(tmp_path))
    for split in (dataset.train, dataset.test):
        assert np.array_equal(split.images, some.images)
        assert np.array_equal(split.labels, some.labels)
    is_said = any("ink is darker than the paper" in note for note in dataset.notes)
    assert is_said == kind.startswith("black")


def test_the_margins_of_a_picture_are_paper(some: Examples, tmp_path: Path) -> None:
    """A picture that is not square gets margins, which are no ink on light paper either."""

    def narrow(image: NDArray[np.uint8]) -> Image.Image:
        return Image.fromarray(255 - image).crop((4, 0, 24, 28))

    write(tmp_path, some, "", narrow)
    images = datasets.load(str(tmp_path)).train.images
    assert not images[:, :, :4].any() and not images[:, :, 24:].any()
    assert images[:, :, 4:24].any()


def test_a_few_pictures_of_the_other_polarity_are_said(some: Examples, tmp_path: Path) -> None:
    write(tmp_path, some, "", PAINTS["white on black"])
    PAINTS["black on white"](some.images[0]).save(tmp_path / "3" / "odd.png")
    assert "1 picture looks inverted beside the others." in datasets.load(str(tmp_path)).notes


@pytest.mark.parametrize("ending", ["png", "bmp", "BMP", "tiff", "tif", "gif", "webp"])
def test_every_lossless_format_gives_the_same_pictures(
    some: Examples, tmp_path: Path, ending: str
) -> None:
    write(tmp_path, some, "train", PAINTS["black on white"], ending)
    write(tmp_path, some, "valid", PAINTS["black on white"], ending)
    assert np.array_equal(datasets.load(str(tmp_path)).train.images, some.images)


def test_a_turned_photo_is_upright(some: Examples, tmp_path: Path) -> None:
    write(tmp_path, some, "", PAINTS["white on black"], "jpg")
    upright = datasets.load(str(tmp_path)).train.images
    for file in tmp_path.glob("*/*.jpg"):
        picture = Image.open(file).rotate(90)
        exif = Image.Exif()
        exif[0x0112] = 6  # it must be turned by 90 degrees to the right
        picture.save(file, quality=95, exif=exif)
    turned = datasets.load(str(tmp_path)).train.images
    assert np.abs(turned.astype(int) - upright).mean() < 5


def error_of(root: Path) -> str:
    with pytest.raises(UserError) as error:
        datasets.load(str(root))
    return str(error.value)


def test_pictures_without_a_difference_are_refused(some: Examples, tmp_path: Path) -> None:
    blank = np.zeros((28, 28), np.uint8)
    write(tmp_path / "blank", some, "", lambda image: as_alpha(blank, 0))
    assert "are blank" in error_of(tmp_path / "blank")
    write(tmp_path / "alike", some, "", lambda image: Image.fromarray(some.images[0]))
    assert "are alike" in error_of(tmp_path / "alike")
    one = some.take(np.flatnonzero(some.labels == 3))
    write(tmp_path / "one", one, "train", Image.fromarray)
    write(tmp_path / "one", one, "test", Image.fromarray)
    assert "has one class only, 3" in error_of(tmp_path / "one")


def test_a_class_without_test_pictures_is_said(some: Examples, tmp_path: Path) -> None:
    write(tmp_path, some, "train", Image.fromarray)
    write(tmp_path, some.take(np.flatnonzero(some.labels != 3)), "test", Image.fromarray)
    [note] = datasets.load(str(tmp_path)).notes
    assert note == "There are no test pictures of 3, so these are not measured."


def test_all_damaged_pictures_are_named_at_once(some: Examples, tmp_path: Path) -> None:
    write(tmp_path, some, "", Image.fromarray)
    for name in ("bad1", "bad2"):
        (tmp_path / "3" / f"{name}.png").write_bytes(b"")
    (tmp_path / "4" / "page.png").write_bytes(b"<!DOCTYPE html><html>404</html>")
    (tmp_path / "4" / "pointer.png").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    half = io.BytesIO()
    Image.effect_noise((28, 28), 90).save(half, "png")
    (tmp_path / "4" / "half.png").write_bytes(half.getvalue()[:200])
    said = error_of(tmp_path)
    assert f"5 of 65 pictures in {tmp_path} cannot be used: " in said
    for named in (
        "3/bad1.png (an empty file)",
        "3/bad2.png (an empty file)",
        "4/page.png (an HTML page",
        "4/pointer.png (a Git LFS pointer",
        "4/half.png (damaged or incomplete)",
    ):
        assert named in said
    for n in range(20):
        (tmp_path / "5" / f"more{n}.png").write_bytes(b"words")
    said = error_of(tmp_path)
    assert "and 13 more." in said and said.count("(") == 12


def test_one_percent_of_damage_is_left_out_by_choice(digits: Dataset, tmp_path: Path) -> None:
    write(tmp_path, digits.train.take(np.arange(200)), "", Image.fromarray)
    (tmp_path / "3" / "bad.png").write_bytes(b"words")
    for _ in range(2):  # decoded, then read from its file
        dataset = datasets.load(str(tmp_path))
        assert dataset.left_out == (("3/bad.png", "not a picture"),)
        assert len(dataset.train) + len(dataset.test) == 200
        datasets.demand_complete(dataset, skip_damaged=True)
        with pytest.raises(UserError, match=r"3/bad\.png .*--skip-damaged true"):
            datasets.demand_complete(dataset, skip_damaged=False)
        datasets._opened.clear()


def test_nine_samples_are_of_nine_classes(digits: Dataset) -> None:
    nine = samples.nine(digits.train)
    assert len(nine) == 9 == len(set(nine.labels.tolist()))
    assert np.array_equal(nine.images, samples.nine(digits.train).images)
    two = digits.train.take(np.flatnonzero(digits.train.labels < 2))
    assert np.bincount(samples.nine(two).labels).tolist() in ([5, 4], [4, 5])
    assert len(samples.nine(digits.train.take(np.arange(4)))) == 4
    assert len(samples.nine(digits.train.take(np.arange(0)))) == 0


def test_a_folder_is_decoded_again_if_a_file_is_changed_or_a_system_file_is_not(
    some: Examples, tmp_path: Path
) -> None:
    root = tmp_path / "mine"
    write(root / "data", some, "", Image.fromarray)
    datasets.load(str(root))
    (root / ".DS_Store").write_bytes(b"x")
    assert datasets.is_prepared(str(root))
    os.utime(next(root.glob("data/3/*.png")), ns=(1, 1))
    assert not datasets.is_prepared(str(root))
