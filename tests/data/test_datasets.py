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
from fastai.data.transforms import RandomSplitter
from PIL import Image

from scratchmlp import paths
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
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


def test_mnist_is_all_there_in_its_own_order(mnist: Dataset) -> None:
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
    monkeypatch.setattr(datasets, "_root", lambda *args: pytest.fail("decoded again"))
    assert len(datasets.load("mnist").train) == 60_000
    assert datasets.is_prepared("mnist")


def test_the_split_is_fastais() -> None:
    train, valid = datasets.split(1000, 0.2, 42)
    theirs = RandomSplitter(valid_pct=0.2, seed=42)(range(1000))
    assert train.tolist() == list(theirs[0])
    assert valid.tolist() == list(theirs[1])
    kept = datasets.split(1000, 0.2, 42)
    assert np.array_equal(kept[0], train)
    assert [len(part) for part in datasets.split(1000, 0, 42)] == [1000, 0]


def test_the_split_leaves_torchs_randomness_alone() -> None:
    import torch

    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    datasets.split(100, 0.3, 1)
    assert torch.equal(torch.rand(3), expected)


def test_a_folder_of_ones_own(folder: Path) -> None:
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
    seen = dataset.train.images[0].astype(int)
    assert seen.shape == (28, 28)
    assert seen[9:12, 9:12].min() > 150
    assert seen[18:, 18:].max() < 20


def test_shape_is_kept(folder: Path) -> None:
    Image.new("L", (20, 80), 255).save(folder / "training" / "a" / "a0.png")
    seen = datasets.load(str(folder)).train.images[0]
    assert (seen > 128).sum(axis=0).tolist() == [0] * 10 + [28] * 7 + [0] * 11


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


def refused(name: str) -> str:
    with pytest.raises(UserError) as error:
        datasets.load(name)
    return str(error.value)


def test_what_is_no_dataset_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    assert "needs training/<class>/*.png" in refused("no-such-thing")
    assert "The datasets with names are mnist and digits" in refused(str(tmp_path))
    (tmp_path / "half" / "training" / "a").mkdir(parents=True)
    assert "holds no pictures" in refused(str(tmp_path / "half"))
    for i in range(2):
        picture().save(tmp_path / "half" / "training" / "a" / f"{i}.png")
    assert "needs testing/<class>/*.png" in refused(str(tmp_path / "half"))


@pytest.mark.parametrize("name", ["~nobody-of-that-name/x", "a\0b", "long" * 2000, "\udcff"])
def test_a_name_that_no_folder_can_have_is_refused_in_a_sentence(name: str) -> None:
    assert "is not a dataset" in refused(name)
    assert not datasets.is_prepared(name)


def test_a_link_to_nowhere_among_the_pictures_is_passed_over(folder: Path) -> None:
    (folder / "training" / "a" / ".#notes.txt").symlink_to("nowhere")
    assert len(datasets.load(str(folder)).train) == 8
    assert datasets.is_prepared(str(folder))


def test_a_picture_that_comes_while_others_are_read_is_not_missed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = datasets.decoding.decode

    def slow(*args):  # type: ignore[no-untyped-def]
        images = decode(*args)
        picture().save(folder / "training" / "a" / "late.png")
        return images

    with monkeypatch.context() as busy:
        busy.setattr(datasets.decoding, "decode", slow)
        assert len(datasets.load(str(folder)).train) == 8
    assert len(datasets.load(str(folder)).train) == 9


def test_a_class_with_one_picture_is_refused(folder: Path) -> None:
    for i in (1, 2, 3):
        (folder / "training" / "b" / f"b{i}.png").unlink()
    assert f"{folder / 'training' / 'b'} holds one picture" in refused(str(folder))


@pytest.mark.parametrize("name", ["b" * 201, "\udcff"])
def test_a_class_whose_name_cannot_be_kept_is_refused(folder: Path, name: str) -> None:
    for part in ("training", "testing"):
        (folder / part / "b").rename(folder / part / name)
    assert "at most 200 letters" in refused(str(folder))


def test_a_picture_may_have_a_name_that_is_no_text(folder: Path) -> None:
    picture().save(folder / "training" / "a" / "\udcff.png")
    assert len(datasets.load(str(folder)).train) == 9
    assert datasets.is_prepared(str(folder))


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "training" / "a" / "pipe.png")
    assert "is not a picture that can be read" in refused(str(folder))


def test_where_the_file_cannot_be_kept_pictures_are_decoded_once(
    folder: Path, closed_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_world.write_text("a file where the folder should be")
    first = datasets.load(str(folder))
    monkeypatch.setattr(datasets.decoding, "decode", lambda *args: pytest.fail("decoded again"))
    assert datasets.load(str(folder)) is first


def test_a_test_class_nobody_trains_is_refused(folder: Path) -> None:
    (folder / "testing" / "c").mkdir()
    picture().save(folder / "testing" / "c" / "1.png")
    assert "has no counterpart" in refused(str(folder))


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
    ("kind", "said"),
    [
        ("text", "is not a picture that can be read"),
        ("cut", "is not a picture that can be read"),
        ("large", "is too large (6000 x 6000 pixels"),
        ("bomb", "is too large"),
    ],
)
def test_a_picture_that_cannot_be_used_is_named(folder: Path, kind: str, said: str) -> None:
    file = folder / "training" / "b" / "b0.png"
    file.write_bytes(broken(kind))
    assert f"{file} {said}" in refused(str(folder))


def test_without_mnist_one_is_told_at_once() -> None:
    said = refused("mnist")
    assert "MNIST is not on this machine" in said
    assert "choose the dataset digits" in said


def test_a_server_that_never_answers_is_given_up_within_ten_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", address)
        began = time.monotonic()
        assert "does not answer" in refused("mnist")
    assert time.monotonic() - began < 10


def test_a_read_only_home_costs_only_time(
    folder: Path, closed_world: Path, caplog: pytest.LogCaptureFixture
) -> None:
    closed_world.write_text("a file where the folder should be")
    assert len(datasets.load(str(folder)).train) == 8
    assert "could not be kept" in caplog.text


def test_a_full_disk_costs_only_time_and_leaves_no_half_file(
    folder: Path, closed_world: Path
) -> None:
    """In a process of its own, which may write no file of more than 4 kB."""
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
    assert "could not be kept" in done.stderr
    assert not [file for file in closed_world.rglob("*") if file.is_file()]


def test_two_at_once_both_get_it(folder: Path) -> None:
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
