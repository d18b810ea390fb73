"""MNIST where fastai keeps it: its archive, read without unpacking it, or the folder beside it."""

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchmlp.data import datasets
from scratchmlp.errors import UserError

# The path of each picture in the archive, in an archive's arbitrary order.
PATHS = ["testing/7/0.png", "training/0/1.png", "training/5/0.png", "training/4/10.png"]
PATHS += ["testing/2/1.png", "training/4/2.png"]


@pytest.fixture
def archive(closed_world: Path) -> Path:
    """Where fastai keeps the archive of MNIST; it is not there yet."""
    folder = Path(os.environ["FASTAI_HOME"]) / "archive"
    folder.mkdir(parents=True)
    return folder / "mnist_png.tgz"


def picture(path: str) -> np.ndarray:
    """A picture of its own for each path."""
    return np.random.default_rng(PATHS.index(path)).integers(0, 256, (28, 28), dtype=np.uint8)


def png(path: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture(path)).save(file, "png")
    return file.getvalue()


def packed(archive: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for path, data in files.items():
            member = tarfile.TarInfo(f"mnist_png/{path}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def test_pictures_are_in_the_order_of_their_numbers(archive: Path) -> None:
    packed(archive, {path: png(path) for path in PATHS})
    dataset = datasets.load("mnist")
    assert dataset.train.labels.tolist() == [5, 0, 4, 4]
    assert dataset.test.labels.tolist() == [7, 2]
    train = ["training/5/0.png", "training/0/1.png", "training/4/2.png", "training/4/10.png"]
    assert np.array_equal(dataset.train.images, [picture(path) for path in train])
    assert not (archive.parents[1] / "data").exists() and dataset.root == str(archive)


def test_an_unpacked_folder_is_used_where_it_is(archive: Path) -> None:
    archive.write_text("damaged")
    folder = archive.parents[1] / "data" / "mnist_png"
    two_of_each = ["training/0/3.png", "training/5/4.png"]
    two_of_each += [f"training/{digit}/{number}.png" for digit in (2, 7) for number in (7, 9)]
    for path in [*PATHS, *two_of_each]:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(png(path if path in PATHS else PATHS[0]))
    dataset = datasets.load("mnist")
    assert dataset.root == str(folder)
    assert [dataset.classes[label] for label in dataset.test.labels] == ["7", "2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read"),
        (b"<html>404 Not Found</html>", "cannot be read"),
        ("half", "cannot be read"),
        ({"training/0/1.png": b""}, "training/0/1.png in .* is damaged .an empty file."),
        ({"training/0/1.png": b"\x89PNG\r\n\x1a\n half a picture"}, "incomplete"),
        ({"training/0/1.png": png("training/0/1.png")}, "is not the archive of MNIST"),
        ({"training/x/1.png": png("training/0/1.png")}, "is not the archive of MNIST"),
        ({"training/0/1.png": bytes(200_000)}, "is not the archive of MNIST"),
        ({"readme.txt": b"nothing"}, "is not the archive of MNIST"),
    ],
)
def test_a_damaged_archive_is_one_sentence(
    archive: Path, content: bytes | str | dict[str, bytes], message: str
) -> None:
    if content == "half":
        packed(archive, {path: png(path) for path in PATHS})
        archive.write_bytes(archive.read_bytes()[:900])
    elif isinstance(content, dict):
        packed(archive, content)
    else:
        archive.write_bytes(bytes(content))  # type: ignore[arg-type]
    with pytest.raises(UserError, match=message):
        datasets.load("mnist")
    assert archive.exists()


def test_a_changed_archive_is_decoded_again(archive: Path) -> None:
    packed(archive, {path: png(path) for path in PATHS})
    assert len(datasets.load("mnist").train) == 4
    packed(archive, {path: png(path) for path in PATHS if path != "training/4/2.png"})
    assert len(datasets.load("mnist").train) == 3
