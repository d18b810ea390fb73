"""What an exported script does besides the network: it reads pictures and says how it went.

Nothing here imports more than numpy and torch. `runs.export` writes these functions into the
scripts, beside the parts of the network that they need.
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
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.devices import to_tensors
from scratchmlp.net.events import Diverged, Epoch, State, Step
from scratchmlp.net.loss import log_softmax
from scratchmlp.net.model import Params, as_input, pairs, predict
from scratchmlp.net.statistics import evaluate
from scratchmlp.net.training import fit

IDX = {"train": "train", "test": "t10k"}
FOLDERS = {"train": "training", "test": "testing"}


def read_examples(place: Path, part: str) -> Examples:
    """Pictures uint8 (n, 28, 28) and labels int64 (n,) of `part`, "train" or "test".

    `place` is an .npz file with x_train, y_train, x_test, y_test; a folder with MNIST's own
    files (train-images-idx3-ubyte and so on, also as .gz); or a folder with
    training/<class>/*.png and testing/<class>/*.png of 28 x 28 greys.
    """
    if place.suffix == ".npz":
        with np.load(place, allow_pickle=False) as arrays:
            return Examples(arrays[f"x_{part}"], arrays[f"y_{part}"].astype(np.int64))
    if found := sorted(place.glob(f"**/{IDX[part]}-images?idx3-ubyte*")):
        images = found[0]
        name = images.name.replace("images", "labels").replace("idx3", "idx1")
        return Examples(read_idx(images), read_idx(images.with_name(name)).astype(np.int64))
    return read_folder(place, FOLDERS[part])


def read_idx(file: Path) -> NDArray[np.uint8]:
    """An array in the format of MNIST's own files: two zeros, type, dimensions, sizes, bytes."""
    data = file.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape).copy()


def read_folder(place: Path, folder: str) -> Examples:
    """Pictures of <folder>/<class>/*.png, in the order of their numbers where they have some."""

    def natural(text: str) -> tuple[bool, int, str]:
        number = text.isascii() and text.isdigit()
        return not number, int(text) if number else 0, text

    found = [file for file in place.glob("*/*/*") if file.suffix.lower() == ".png"]
    files = sorted(
        (file for file in found if file.parts[-3] == folder),
        key=lambda file: (natural(file.stem), natural(file.parent.name)),
    )
    if not files:
        sys.exit(f"{place} holds no {folder}/<class>/*.png, no MNIST files, and is no .npz file.")
    known = {file.parent.name for file in found if file.parts[-3] in FOLDERS.values()}
    classes = sorted(known, key=natural)  # testing may lack one
    labels = [classes.index(file.parent.name) for file in files]
    return Examples(np.stack([read_png(file) for file in files]), np.array(labels, np.int64))


def paeth(left: int, above: int, corner: int) -> int:
    """The nearest of three neighbours to left + above - corner: PNG specification, section 9.4."""
    return min((left, above, corner), key=lambda near: abs(left + above - corner - near))


# What each of PNG's filters takes a pixel to be, given its neighbours left, above and between.
GUESSES: tuple[Callable[[int, int, int], int], ...] = (
    lambda left, above, corner: 0,
    lambda left, above, corner: left,
    lambda left, above, corner: above,
    lambda left, above, corner: (left + above) // 2,
    paeth,
)


def read_png(file: Path) -> NDArray[np.uint8]:
    """A grey picture of 8 bits as uint8 (28, 28): PNG specification, sections 5, 9 and 11."""
    data, at, packed = file.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR" and body != struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0):
            sys.exit(f"{file} is not a grey picture of 28 x 28 pixels: convert it first.")
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    lines, above, picture = zlib.decompress(packed), [0] * 29, []
    for start in range(0, 28 * 29, 29):  # a byte that names the filter, then the pixels
        guess, line = GUESSES[lines[start]], [0]
        for x, left_over in enumerate(lines[start + 1 : start + 29], start=1):
            line.append((left_over + guess(line[-1], above[x], above[x - 1])) % 256)
        picture.append(line[1:])
        above = line
    return np.array(picture, dtype=np.uint8)


def split_rows(n: int, valid_pct: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and to validate on: what fastai's `RandomSplitter` does."""
    if valid_pct == 0:
        return np.arange(n), np.arange(0)
    rows = torch.randperm(n, generator=torch.Generator().manual_seed(seed)).numpy()
    cut = int(valid_pct * n)
    return rows[cut:], rows[:cut]


def unpack(text: str, shapes: list[tuple[int, ...]]) -> Params:
    """Weights and biases of these shapes, from float32 in base64."""
    numbers = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)
    parts = numbers.split([math.prod(shape) for shape in shapes])
    return pairs([part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)])


def answer(
    params: Params, mean: float, std: float, config: TrainConfig, classes: list[str]
) -> None:
    """The command line of a network's script."""
    parser = argparse.ArgumentParser(description="Read digits with a network trained before.")
    parser.add_argument("pictures", type=Path, help="An .npz file, or a folder: see the docstring.")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="Print N answers.")
    given = parser.parse_args()
    torch.set_num_threads(1)
    images, labels = to_tensors(read_examples(given.pictures, "test"))
    for image, label in zip(images[: given.show], labels[: given.show], strict=True):
        logits = predict(params, as_input(image[None], mean, std), config.activation)
        p, best = log_softmax(logits).exp().max(dim=1)
        print(f"{classes[int(best)]} ({float(p):.1%}), in truth {classes[int(label)]}")
    loss, accuracy = evaluate(config, params, images, labels, mean, std)
    print(f"Test loss: {loss:.4f}")
    print(f"Test accuracy: {accuracy:.4%} of {len(labels):,} pictures")


def train(config: TrainConfig, rates: dict[int, float]) -> None:
    """The command line of a training script; `rates` were told after so many steps."""
    parser = argparse.ArgumentParser(description="Train the network again, bit for bit.")
    parser.add_argument("pictures", type=Path, help="An .npz file, or a folder: see the docstring.")
    parser.add_argument("--curve", type=Path, metavar="FILE", help="Write step, loss and rate.")
    given = parser.parse_args()
    torch.set_num_threads(1)  # another number rounds otherwise
    pictures = read_examples(given.pictures, "train")
    rows = split_rows(len(pictures.labels), config.valid_pct, config.split_seed)
    parts = [Examples(pictures.images[part], pictures.labels[part]) for part in rows]
    curve = ["step,loss,lr"]  # a line for each step that is done
    for event in fit(config, *parts, control=lambda: rates.get(len(curve) - 1)):
        if isinstance(event, Step):
            curve.append(f"{event.step},{event.loss!r},{event.lr!r}")
        elif isinstance(event, Epoch):
            loss = event.train_loss if event.valid_loss is None else event.valid_loss
            print(f"Epoch [{event.epoch}/{config.epochs}], Loss: {loss:.4f}", flush=True)
        elif isinstance(event, Diverged):
            print(event.cause)
        else:
            report(config, event.state, read_examples(given.pictures, "test"))
    if given.curve:
        given.curve.write_text("\n".join(curve) + "\n")


def report(config: TrainConfig, state: State, test: Examples) -> None:
    """Look at the test pictures, once."""
    _, accuracy = evaluate(config, state.params, *to_tensors(test), state.mean, state.std)
    print(f"Test accuracy: {accuracy:.4%} of {len(test.labels):,} pictures")
