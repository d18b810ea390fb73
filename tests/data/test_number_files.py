"""MNIST's own files, Kaggle's CSV and Keras' npz: the same pictures as MNIST's PNGs."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError

Split = tuple[str, Examples]


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_idx(
    root: Path, dataset: Dataset, style: str = "{}-{}-idx{}-ubyte", gz: bool = False
) -> None:
    root.mkdir(exist_ok=True)
    for split, examples in (("train", dataset.train), ("t10k", dataset.test)):
        for what, array in (("images", examples.images), ("labels", examples.labels)):
            name = style.format(split, what, array.ndim) + (".gz" if gz else "")
            (root / name).write_bytes(gzip.compress(idx(array), 1) if gz else idx(array))


def write_csv(file: Path, examples: Examples, head: str = "label", labels: bool = True) -> None:
    columns = [examples.labels[:, None]] if labels else []
    table = np.hstack([*columns, examples.images.reshape(len(examples), -1)])
    names = ["label"] * labels + [f"pixel{i}" for i in range(784)]
    np.savetxt(file, table, "%d", ",", header=",".join(names) if head else "", comments="")


def write_npz(file: Path, dataset: Dataset, **changes: np.ndarray) -> None:
    train, test = dataset.train, dataset.test
    arrays = {"x_train": train.images, "y_train": train.labels.astype(np.uint8)}
    arrays |= {"x_test": test.images, "y_test": test.labels.astype(np.uint8)}
    np.savez_compressed(file, **arrays | changes)


def assert_same(name: Path, dataset: Dataset) -> None:
    found = datasets.load(str(name))
    assert found.classes == dataset.classes
    for ours, theirs in ((found.train, dataset.train), (found.test, dataset.test)):
        assert ours.images.dtype == np.uint8 and ours.labels.dtype == np.int64
        assert np.array_equal(ours.images, theirs.images)
        assert np.array_equal(ours.labels, theirs.labels)


@pytest.mark.parametrize(
    "style", ["{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte", "emnist-x-{}-{}-idx{}-ubyte"]
)
@pytest.mark.parametrize("gz", [False, True])
def test_the_own_files_of_mnist_hold_the_same_pictures(
    digits: Dataset, tmp_path: Path, style: str, gz: bool
) -> None:
    write_idx(tmp_path, digits, style, gz)
    assert_same(tmp_path, digits)
    assert_same(next(tmp_path.glob("*train-images*")), digits)


def test_all_of_mnist_is_the_same_from_its_own_files_and_from_keras(
    mnist: Dataset, tmp_path: Path
) -> None:
    """Bit for bit, and in the order of MNIST's PNGs."""
    write_idx(tmp_path / "raw", mnist)
    assert_same(tmp_path / "raw", mnist)
    np.savez(
        tmp_path / "mnist.npz",
        x_train=mnist.train.images,
        y_train=mnist.train.labels,
        x_test=mnist.test.images,
        y_test=mnist.test.labels,
    )
    assert_same(tmp_path / "mnist.npz", mnist)


@pytest.mark.parametrize("head", ["label", ""])
def test_csv_files_with_labels_hold_the_same_pictures(
    digits: Dataset, tmp_path: Path, head: str
) -> None:
    write_csv(tmp_path / "mnist_train.csv", digits.train, head)
    write_csv(tmp_path / "mnist_test.csv", digits.test, head)
    assert_same(tmp_path, digits)
    assert_same(tmp_path / "mnist_train.csv", digits)


def test_the_test_file_of_kaggle_has_no_labels(digits: Dataset, tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv", digits.train)
    write_csv(tmp_path / "test.csv", digits.test, labels=False)
    found = datasets.load(str(tmp_path))
    assert (len(found.train), len(found.test)) == (1150, 287)
    assert "test.csv has no labels, so 20% of each class are the test pictures" in found.notes[0]
    together = np.concatenate([found.train.images, found.test.images])
    assert sorted(map(bytes, together)) == sorted(map(bytes, digits.train.images))


def test_the_npz_of_keras_holds_the_same_pictures(digits: Dataset, tmp_path: Path) -> None:
    write_npz(tmp_path / "mnist.npz", digits)
    assert_same(tmp_path / "mnist.npz", digits)
    assert_same(tmp_path, digits)
    one_hot = np.eye(10, dtype=np.uint8)
    write_npz(
        tmp_path / "mnist.npz",
        digits,
        x_train=digits.train.images[..., None] / 255,
        y_train=one_hot[digits.train.labels],
    )
    assert_same(tmp_path / "mnist.npz", digits)


def test_ink_on_light_paper_is_inverted(digits: Dataset, tmp_path: Path) -> None:
    inverted = {"x_train": 255 - digits.train.images, "x_test": 255 - digits.test.images}
    write_npz(tmp_path / "inverted.npz", digits, **inverted)
    assert_same(tmp_path / "inverted.npz", digits)
    [note] = datasets.load(str(tmp_path / "inverted.npz")).notes
    assert "ink is darker than the paper" in note


def error_of(name: Path) -> str:
    with pytest.raises(UserError) as error:
        datasets.load(str(name))
    return str(error.value)


def test_a_missing_or_second_set_of_files_is_a_sentence(digits: Dataset, tmp_path: Path) -> None:
    write_idx(tmp_path, digits, "emnist-letters-{}-{}-idx{}-ubyte")
    write_idx(tmp_path, digits, "emnist-digits-{}-{}-idx{}-ubyte")
    assert "several datasets: emnist-digits, emnist-letters" in error_of(tmp_path)
    assert_same(tmp_path / "emnist-digits-train-images-idx3-ubyte", digits)
    (tmp_path / "emnist-digits-t10k-labels-idx1-ubyte").unlink()
    said = error_of(tmp_path / "emnist-digits-train-images-idx3-ubyte")
    assert "has no file of the test labels" in said


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is an empty file"),
        (b"<html>404", "is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer"),
        (b"\0\0\x0d\x03" + bytes(12), "not a file of MNIST's own format"),
        (idx(np.zeros((3, 28, 28)))[:-1], "is not of the size that it states"),
        (idx(np.zeros((3, 28, 28))) + b"0", "is not of the size that it states"),
        (idx(np.zeros((3, 28, 28)))[:9], "not a file of"),
        (gzip.compress(idx(np.zeros((3, 28, 28))))[:-9], "cannot be read"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 3, 9999, 9999), "pictures are 28 x 28"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 28, 28), "pictures are 28 x 28"),
        (idx(np.zeros((3, 14, 14))), "holds pictures of 14 x 14"),
        (idx(np.zeros((3, 28, 28))), "has 3 pictures and 1,437 labels"),
    ],
)
def test_a_damaged_idx_file_is_named(
    digits: Dataset, tmp_path: Path, data: bytes, sentence: str
) -> None:
    write_idx(tmp_path, digits)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(data)
    assert sentence in error_of(tmp_path)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is an empty file"),
        (b"label,a,b\n1,2,3\n", "has 3 columns and 1 lines"),
        (
            (",".join(["label", *map(str, range(784))]) + "\n" + ",".join(["x"] * 785)).encode(),
            "holds what is no number",
        ),
        (
            (",".join(["1"] * 784 + ["999"]) + "\n" + ",".join(["2"] * 785)).encode(),
            "not numbers from 0 to 255",
        ),
        (b"\xff\xfe\0\0", "not a file of CSV"),
    ],
)
def test_a_damaged_csv_is_named(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "train.csv").write_bytes(data)
    assert sentence in error_of(tmp_path)


def test_a_foreign_npz_is_named_and_never_unpickled(digits: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "mnist.npz"
    write_npz(file, digits, x_train=np.array([{"a": 1}], dtype=object))
    assert "fetch it again" in error_of(file)
    np.savez(file, images=np.zeros(3))
    assert "needs the arrays x_train, y_train, x_test, y_test: it has images" in error_of(file)
    write_npz(file, digits, y_train=digits.train.labels + 0.5)
    assert "labels that are not whole numbers" in error_of(file)
    file.write_bytes(b"<html>404")
    assert "is an HTML page" in error_of(file)


def zipped(root: Path, digits: Dataset, name: str = "mine/{}/{}.png", n: int = 100) -> Path:
    from PIL import Image

    with zipfile.ZipFile(root / "digits.zip", "w") as packed:
        for i in range(n):
            out = io.BytesIO()
            Image.fromarray(255 - digits.train.images[i]).save(out, "png")
            packed.writestr(name.format(digits.train.labels[i], i), out.getvalue())
        packed.writestr("__MACOSX/mine/0/._0.png", b"x")
    return root / "digits.zip"


def test_a_zip_of_a_folder_is_a_dataset(digits: Dataset, tmp_path: Path) -> None:
    dataset = datasets.load(str(zipped(tmp_path, digits)))
    images = np.concatenate([dataset.train.images, dataset.test.images])
    assert sorted(map(bytes, images)) == sorted(map(bytes, digits.train.images[:100]))
    assert "Passed over: 1 file that the system left." in dataset.notes


def test_a_zip_whose_paths_lead_out_is_refused(digits: Dataset, tmp_path: Path) -> None:
    assert "a path that is refused" in error_of(zipped(tmp_path, digits, "../{}/{}.png"))


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"\x80\x02}q\0.")
    assert "is not a dataset: it is a pickle" in error_of(tmp_path / "net.pt")
