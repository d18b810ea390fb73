"""The functions of an exported script that are not the network's: reading pictures, output.

They need only numpy and torch. `runs.export` writes them into the scripts, together with the parts
of the network that they use.
"""

import argparse
import base64
import gzip
import math
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scratchmlp.data.datasets import Examples
from scratchmlp.data.splits import some_of
from scratchmlp.figures import percent
from scratchmlp.ink.polarity import is_light_paper, paper_of
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.devices import to_tensors
from scratchmlp.net.events import Diverged, Epoch, State, Step
from scratchmlp.net.loss import log_softmax
from scratchmlp.net.model import Params, as_input, pairs, predict
from scratchmlp.net.statistics import evaluate
from scratchmlp.net.training import fit

IDX = {"train": "train", "test": "t10k"}
FOLDERS = {"train": "training", "test": "testing"}


def read_examples(source: Path, part: str) -> Examples:
    """Pictures uint8 (n, 28, 28) and labels int64 (n,) of `part`, "train" or "test".

    `source` is an .npz file with x_train, y_train, x_test, y_test; a folder with MNIST's own
    files (train-images-idx3-ubyte and so on, also as .gz); or a folder with
    training/<class>/*.png and testing/<class>/*.png, 28 x 28 pixels, grey.
    """
    if source.suffix == ".npz":
        with np.load(source, allow_pickle=False) as arrays:
            return Examples(arrays[f"x_{part}"], arrays[f"y_{part}"].astype(np.int64))
    if found := sorted(source.glob(f"**/{IDX[part]}-images?idx3-ubyte*")):
        images = found[0]
        name = images.name.replace("images", "labels").replace("idx3", "idx1")
        return Examples(read_idx(images), read_idx(images.with_name(name)).astype(np.int64))
    return read_folder(source, FOLDERS[part])


def read_times(source: Path, n: int) -> NDArray[np.int64]:
    """How often each training picture counts in an epoch: once, unless an .npz file says it."""
    if source.suffix == ".npz":
        with np.load(source, allow_pickle=False) as arrays:
            if "times_train" in arrays:
                return arrays["times_train"].astype(np.int64)
    return np.ones(n, dtype=np.int64)


def read_idx(file: Path) -> NDArray[np.uint8]:
    """The array in a file of MNIST's own format: two zeros, type, dimensions, sizes, bytes."""
    data = file.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape).copy()


def read_folder(source: Path, folder: str) -> Examples:
    """Pictures of <folder>/<class>/*.png; files with numbers as names are in their order."""

    def natural(text: str) -> tuple[bool, int, str]:
        number = text.isascii() and text.isdigit()
        return not number, int(text) if number else 0, text

    found = [file for file in source.glob("*/*/*") if file.suffix.lower() == ".png"]
    files = sorted(
        (file for file in found if file.parts[-3] == folder),
        key=lambda file: (natural(file.stem), natural(file.parent.name)),
    )
    if not files:
        sys.exit(f"{source} is no .npz file and has no MNIST files and no {folder}/<class>/*.png.")
    known = {file.parent.name for file in found if file.parts[-3] in FOLDERS.values()}
    classes = sorted(known, key=natural)  # testing may not have all of them
    labels = [classes.index(file.parent.name) for file in files]
    images = np.stack([read_png(file) for file in files])
    if is_light_paper(np.array([paper_of(image) for image in images])):
        images = 255 - images
    return Examples(images, np.array(labels, np.int64))


def paeth(left: int, above: int, corner: int) -> int:
    """The one of the three that is nearest to left + above - corner: PNG specification, 9.4."""
    return min((left, above, corner), key=lambda near: abs(left + above - corner - near))


# What each filter of PNG predicts for a pixel from its neighbours: left, above, above left.
PNG_FILTERS: tuple[Callable[[int, int, int], int], ...] = (
    lambda left, above, corner: 0,
    lambda left, above, corner: left,
    lambda left, above, corner: above,
    lambda left, above, corner: (left + above) // 2,
    paeth,
)


def read_png(file: Path) -> NDArray[np.uint8]:
    """A grey picture with 8 bits per pixel as uint8 (28, 28): PNG specification, 5, 9 and 11."""
    data, position, packed = file.read_bytes(), 8, b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + length]
        if kind == b"IHDR" and body != struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0):
            sys.exit(f"{file} is not a grey picture of 28 x 28 pixels: convert it first.")
        packed += body if kind == b"IDAT" else b""
        position += 12 + length
    lines, above, picture = zlib.decompress(packed), [0] * 29, []
    for start in range(0, 28 * 29, 29):  # the number of the filter, then the pixels
        predict_pixel, line = PNG_FILTERS[lines[start]], [0]
        for x, residual in enumerate(lines[start + 1 : start + 29], start=1):
            line.append((residual + predict_pixel(line[-1], above[x], above[x - 1])) % 256)
        picture.append(line[1:])
        above = line
    return np.array(picture, dtype=np.uint8)


def split_rows(n: int, valid_pct: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the training and the validation split, as fastai's `RandomSplitter` gives them."""
    if valid_pct == 0:
        return np.arange(n), np.arange(0)
    rows = torch.randperm(n, generator=torch.Generator().manual_seed(seed)).numpy()
    cut = int(valid_pct * n)
    return rows[cut:], rows[:cut]


def unpack_params(text: str, shapes: list[tuple[int, ...]]) -> Params:
    """Weights and biases of these shapes from float32 numbers in base64."""
    numbers = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)
    parts = numbers.split([math.prod(shape) for shape in shapes])
    return pairs([part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)])


def classify(
    params: Params, mean: float, std: float, config: TrainConfig, classes: list[str]
) -> None:
    """The command line of `classify.py`."""
    parser = argparse.ArgumentParser(description="Classify digits with a trained network.")
    parser.add_argument("pictures", type=Path, help="An .npz file, or a folder: see the docstring.")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="Print N predictions.")
    given = parser.parse_args()
    torch.set_num_threads(1)
    images, labels = to_tensors(read_examples(given.pictures, "test"))
    for image, label in zip(images[: given.show], labels[: given.show], strict=True):
        logits = predict(params, as_input(image[None], mean, std), config.activation)
        p, best = log_softmax(logits).exp().max(dim=1)
        print(f"{classes[int(best)]} ({percent(float(p), 1)}), truth {classes[int(label)]}")
    loss, accuracy = evaluate(config, params, images, labels, mean, std)
    print(f"Test loss: {loss:.4f}")
    print(f"Test accuracy: {percent(accuracy or 0, 4)} of {len(labels):,} pictures")


def train(config: TrainConfig, lr_changes: dict[int, float]) -> None:
    """The command line of `train.py`. `lr_changes` maps steps done to a new learning rate."""
    parser = argparse.ArgumentParser(description="Train the network again, bit for bit.")
    parser.add_argument("pictures", type=Path, help="An .npz file, or a folder: see the docstring.")
    parser.add_argument("--curve", type=Path, metavar="FILE", help="Write step, loss and lr.")
    given = parser.parse_args()
    torch.set_num_threads(1)  # another number of threads rounds differently
    pictures = read_examples(given.pictures, "train")
    times = read_times(given.pictures, len(pictures.labels))
    rows, valid = split_rows(len(pictures.labels), config.valid_pct, config.split_seed)
    rows = some_of(rows, pictures.labels, config.train_size, config.split_seed)
    halves = np.repeat(rows, times[rows]), valid
    parts = [Examples(pictures.images[part], pictures.labels[part]) for part in halves]
    curve = ["step,loss,lr"]  # a header, and a line for each step that is done
    for event in fit(config, *parts, control=lambda: lr_changes.get(len(curve) - 1)):
        if isinstance(event, Step):
            curve.append(f"{event.step},{event.loss!r},{event.lr!r}")
        elif isinstance(event, Epoch):
            loss = event.train_loss if event.valid_loss is None else event.valid_loss
            print(f"Epoch [{event.epoch}/{config.epochs}], Loss: {loss:.4f}", flush=True)
        elif isinstance(event, Diverged):
            print(event.cause)
        else:
            print_test_accuracy(config, event.state, read_examples(given.pictures, "test"))
    if given.curve:
        given.curve.write_text("\n".join(curve) + "\n")


def print_test_accuracy(config: TrainConfig, state: State, test: Examples) -> None:
    _, accuracy = evaluate(config, state.params, *to_tensors(test), state.mean, state.std)
    print(f"Test accuracy: {percent(accuracy or 0, 4)} of {len(test.labels):,} pictures")
