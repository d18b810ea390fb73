import os
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchmlp import paths
from scratchmlp.data import datasets, decoding, downloads, folders
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.sources import SOURCES
from scratchmlp.errors import UserError
from tests.conftest import made_digits


def picture(value: int = 200, size: tuple[int, int] = (28, 28)) -> Image.Image:
    image = Image.new("L", size)
    image.paste(value, (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    return image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, four pictures each to train on and two to test on."""
    root = tmp_path / "letters"
    for split, n in (("training", 4), ("testing", 2)):
        for value, label in ((100, "a"), (200, "b")):
            (root / split / label).mkdir(parents=True)
            for i in range(n):
                picture(value + i).save(root / split / label / f"{label}{i}.png")
    return root


def test_digits_look_like_mnist(digits: Dataset) -> None:
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    assert digits.classes == tuple("0123456789")
    assert digits.train.images.shape == (1437, 28, 28)
    assert digits.train.images.dtype == np.uint8
    assert digits.train.labels.dtype == np.int64
    assert digits.train.images[:, :4, :4].mean() < 1  # corners of paper
    assert digits.train.images.max(axis=(1, 2)).min() > 150  # and bright ink
    counts = np.bincount(digits.test.labels)
    assert counts.max() - counts.min() <= 2


def test_digits_are_the_same_every_time(digits: Dataset) -> None:
    made_digits.cache_clear()
    again = datasets.load("digits")
    assert again is not digits
    assert np.array_equal(again.test.images, digits.test.images)


def test_mnist_is_complete_and_in_its_own_order(mnist: Dataset) -> None:
    assert (len(mnist.train), len(mnist.test)) == (60_000, 10_000)
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    pixels = mnist.train.images / 255
    assert pixels.mean() == pytest.approx(0.1307, abs=1e-4)
    assert pixels.std() == pytest.approx(0.3081, abs=1e-4)


def test_the_decoded_file_is_read_and_not_made_again(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets._opened.clear()
    source = SOURCES["mnist"]._replace(find_root=lambda *args: pytest.fail("decoded again"))
    monkeypatch.setitem(SOURCES, "mnist", source)
    assert len(datasets.load("mnist").train) == 60_000
    assert datasets.is_prepared("mnist")


def test_a_folder_of_pictures_is_a_dataset(folder: Path) -> None:
    dataset = datasets.load(str(folder))
    assert dataset.classes == ("a", "b")
    assert (len(dataset.train), len(dataset.test)) == (8, 4)
    assert sorted(dataset.train.labels.tolist()) == [0] * 4 + [1] * 4
    brightest = dataset.train.images.max(axis=(1, 2))
    assert (brightest[dataset.train.labels == 0] < 110).all()
    assert (brightest[dataset.train.labels == 1] >= 200).all()


def test_numbered_classes_and_pictures_are_in_the_order_of_their_numbers(folder: Path) -> None:
    (folder / "training" / "a").rename(folder / "training" / "10")
    (folder / "testing" / "a").rename(folder / "testing" / "10")
    (folder / "training" / "b").rename(folder / "training" / "9")
    (folder / "testing" / "b").rename(folder / "testing" / "9")
    assert datasets.load(str(folder)).classes == ("9", "10")


@pytest.mark.parametrize(
    "image",
    [
        picture(200, (56, 56)),
        picture(200, (8, 8)),
        picture(200).convert("RGB"),
        picture(200).convert("P"),
        picture(255).convert("1"),
        picture(200).convert("LA"),
        Image.fromarray(np.asarray(picture(200)).astype(np.uint16) * 257),
    ],
    ids=["large", "small", "colour", "palette", "one bit", "alpha", "16 bits"],
)
def test_any_size_and_colour_becomes_grey_28_by_28(folder: Path, image: Image.Image) -> None:
    image.save(folder / "training" / "a" / "a0.png")
    dataset = datasets.load(str(folder))
    image = dataset.train.images[0].astype(int)
    assert image.shape == (28, 28)
    assert image[9:12, 9:12].min() > 150
    assert image[18:, 18:].max() < 20


def test_a_picture_keeps_its_shape(folder: Path) -> None:
    Image.new("L", (20, 80), 255).save(folder / "training" / "a" / "a0.png")
    image = datasets.load(str(folder)).train.images[0]
    assert (image > 128).sum(axis=0).tolist() == [0] * 10 + [28] * 7 + [0] * 11


def test_a_change_of_the_folder_is_noticed(folder: Path) -> None:
    before = datasets.load(str(folder)).train.images
    picture(255).save(folder / "training" / "a" / "a0.png")
    os.utime(folder / "training" / "a" / "a0.png", ns=(1, 1))
    changed = datasets.load(str(folder)).train.images
    assert changed[0].max() == 255 > before[0].max()
    (folder / "training" / "a" / "a3.png").unlink()
    assert len(datasets.load(str(folder)).train) == 7


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "foreign"])
def test_a_damaged_cache_is_made_again(
    folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    expected = datasets.load(str(folder)).train.images
    [file] = (paths.home() / "cache").glob("letters-*")
    data = bytearray(file.read_bytes())
    if damage == "flip":
        data[-5] ^= 1
    file.write_bytes({"cut": data[:-100], "empty": b"", "foreign": b"x" * 999}.get(damage, data))
    datasets._opened.clear()
    assert np.array_equal(datasets.load(str(folder)).train.images, expected)
    datasets._opened.clear()
    assert datasets.is_prepared(str(folder))
    assert ("is damaged" in caplog.text) == (damage == "flip")


def error_of(name: str) -> str:
    with pytest.raises(UserError) as error:
        datasets.load(name)
    return str(error.value)


def test_a_folder_that_is_not_a_dataset_is_refused(folder: Path, tmp_path: Path) -> None:
    assert "there is no such folder" in error_of("no-such-thing")
    assert "The datasets with names are mnist, digits and pen" in error_of(str(tmp_path / "x"))
    (tmp_path / "half" / "training" / "a").mkdir(parents=True)
    assert "holds no pictures" in error_of(str(tmp_path / "half"))


@pytest.mark.parametrize("name", ["~nobody-of-that-name/x", "a\0b", "long" * 2000, "\udcff"])
def test_a_name_that_no_folder_can_have_is_refused(name: str) -> None:
    assert "is not a dataset" in error_of(name)
    assert not datasets.is_prepared(name)


def test_a_broken_link_among_the_pictures_is_skipped(folder: Path) -> None:
    (folder / "training" / "a" / ".#notes.txt").symlink_to("nowhere")
    assert len(datasets.load(str(folder)).train) == 8
    assert datasets.is_prepared(str(folder))


def test_a_picture_added_while_others_are_decoded_is_found_next_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = decoding.decode

    def slow(*args):  # type: ignore[no-untyped-def]
        images = decode(*args)
        picture().save(folder / "training" / "a" / "late.png")
        return images

    with monkeypatch.context() as busy:
        busy.setattr(decoding, "decode", slow)
        assert len(datasets.load(str(folder)).train) == 8
    assert len(datasets.load(str(folder)).train) == 9


def test_a_class_with_one_picture_is_refused(folder: Path) -> None:
    for i in (1, 2, 3):
        (folder / "training" / "b" / f"b{i}.png").unlink()
    assert f"{folder} has one training picture of b" in error_of(str(folder))


@pytest.mark.parametrize("name", ["b" * 201, "\udcff", "b\x1b[2J"])
def test_a_class_whose_name_cannot_be_stored_is_refused(folder: Path, name: str) -> None:
    for part in ("training", "testing"):
        (folder / part / "b").rename(folder / part / name)
    assert "at most 200 letters" in error_of(str(folder))


def test_a_class_only_for_testing_is_named_as_far_as_it_can_be_shown(folder: Path) -> None:
    (folder / "testing" / "b").rename(folder / "testing" / "b\udcff")
    assert f"{folder / 'testing' / 'b?'} has no counterpart" in error_of(str(folder))


def test_a_file_name_may_be_bytes_that_are_no_text(folder: Path) -> None:
    picture().save(folder / "training" / "a" / "\udcff.png")
    assert len(datasets.load(str(folder)).train) == 9
    assert datasets.is_prepared(str(folder))


def test_a_pipe_among_the_pictures_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "training" / "a" / "pipe.png")
    assert "training/a/pipe.png (not a file)" in error_of(str(folder))


def test_pictures_are_decoded_once_though_the_file_cannot_be_written(
    folder: Path, closed_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_world.write_text("a file where the folder should be")
    first = datasets.load(str(folder))
    monkeypatch.setattr(decoding, "decode", lambda *args: pytest.fail("decoded again"))
    assert datasets.load(str(folder)) is first


def test_a_test_class_without_training_pictures_is_refused(folder: Path) -> None:
    (folder / "testing" / "c").mkdir()
    picture().save(folder / "testing" / "c" / "1.png")
    assert "has no counterpart" in error_of(str(folder))


def test_too_many_classes_are_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_CLASSES", 1)
    assert f"{folder} has 2 classes: at most 1." in error_of(str(folder))


def broken(kind: str) -> bytes:
    import io

    if kind == "text":
        return b"not a picture"
    buffer = io.BytesIO()
    size = (28, 28) if kind == "cut" else (20_000, 20_000) if kind == "bomb" else (6000, 6000)
    Image.effect_noise(size, 90).save(buffer, "png") if kind == "cut" else Image.new(
        "1", size
    ).save(buffer, "png")
    return buffer.getvalue()[:400] if kind == "cut" else buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text", "not a picture"),
        ("cut", "damaged or incomplete"),
        ("large", "6,000 x 6,000 pixels, at most 10 megapixels"),
        ("bomb", "far too many pixels"),
    ],
)
def test_the_error_names_the_bad_picture(folder: Path, kind: str, message: str) -> None:
    (folder / "training" / "b" / "b0.png").write_bytes(broken(kind))
    assert f"training/b/b0.png ({message}" in error_of(str(folder))


def test_a_missing_mnist_is_an_error_at_once() -> None:
    message = error_of("mnist")
    assert "MNIST is not on this machine" in message
    assert "choose the dataset digits" in message


def test_a_silent_server_is_given_up_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    assert downloads.TIMEOUT <= 5
    monkeypatch.setattr(downloads, "TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", address)
        began = time.monotonic()
        assert "does not answer" in error_of("mnist")
    assert 0.5 <= time.monotonic() - began < 5


def test_a_home_that_cannot_be_written_is_a_warning(
    folder: Path, closed_world: Path, caplog: pytest.LogCaptureFixture
) -> None:
    closed_world.write_text("a file where the folder should be")
    assert len(datasets.load(str(folder)).train) == 8
    assert "could not be written" in caplog.text


def test_a_full_disk_is_a_warning_and_leaves_no_half_file(folder: Path, closed_world: Path) -> None:
    """The process of this test may not write a file of more than 4 kB."""
    code = (
        f"from scratchmlp.data import datasets; d = datasets.load({str(folder)!r}); "
        "print(len(d.train))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.stdout == "8\n"
    assert "could not be written" in done.stderr
    assert not [file for file in closed_world.rglob("*") if file.is_file()]


def test_several_threads_load_the_same_dataset(folder: Path) -> None:
    got: list[int] = []
    threads = [
        threading.Thread(target=lambda: got.append(len(datasets.load(str(folder)).train)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [8] * 4
