"""What is taken away works without this program, and gives the same numbers."""

import ast
import gzip
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from scratchmlp.data import splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import devices, presets, statistics, training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Step
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file, export, standalone

SMALL = TrainConfig(dataset="digits", epochs=2, hidden=(16,))


def run(folder: Path, script: str, *arguments: str) -> str:
    """Run a script far from this program, by a Python that cannot find it."""
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-P", "script.py", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def trained(dataset: Dataset, config: TrainConfig) -> tuple[list[float], Network]:
    rows = splits.train_valid_split(len(dataset.train), config.valid_pct, config.split_seed)
    *events, end = training.fit(config, *(dataset.train.take(part) for part in rows))
    losses = [event.loss for event in events if isinstance(event, Step)]
    return losses, checkpoint_file.of_state(end.state, config, dataset.classes)


@pytest.mark.parametrize(
    "changes",
    [{"augment": "elastic", "backward": "by-hand"}, {"optimizer": "momentum", "valid_pct": 0.0}],
    ids=["warps by hand", "momentum without validation"],
)
def test_scripts_train_and_answer_bit_for_bit(
    digits: Dataset, tmp_path: Path, changes: dict
) -> None:
    config = TrainConfig.from_mapping(changes, SMALL)
    losses, network = trained(digits, config)
    (tmp_path / "digits.npz").write_bytes(export.pictures_file(digits))
    x, y = devices.to_tensors(digits.test)
    _, accuracy = statistics.evaluate(config, network.params, x, y, network.mean, network.std)
    told = f"Test accuracy: {accuracy:.4%} of 360 pictures"

    script = export.training_script(config)
    assert "scratchmlp" not in script
    assert told in run(tmp_path, script, "digits.npz", "--curve", "curve.csv")
    curve = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in curve] == losses
    assert told in run(tmp_path, export.inference_script(network), "digits.npz")


def test_a_script_knows_the_rates_that_were_told(digits: Dataset, tmp_path: Path) -> None:
    rates, done, losses = {3: 0.05, 7: 0.0001}, [0], []
    parts = [digits.train.take(p) for p in splits.train_valid_split(len(digits.train), 0.2, 42)]
    for event in training.fit(SMALL, *parts, control=lambda: rates.get(done[0])):
        if isinstance(event, Step):
            done[0] = event.step
            losses.append(event.loss)
    (tmp_path / "digits.npz").write_bytes(export.pictures_file(digits))
    run(tmp_path, export.training_script(SMALL, rates), "digits.npz", "--curve", "curve.csv")
    curve = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in curve] == losses


def idx(array: np.ndarray) -> bytes:
    """MNIST's own format, written by its description."""
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def test_pictures_are_read_from_every_place(digits: Dataset, tmp_path: Path) -> None:
    some = digits.test.take(np.arange(30))
    mnist, packed, folder = tmp_path / "images", tmp_path / "packed", tmp_path / "folder"
    for place in (mnist, packed):
        place.mkdir()
    (mnist / "t10k-images-idx3-ubyte").write_bytes(idx(some.images))
    (mnist / "t10k-labels-idx1-ubyte").write_bytes(idx(some.labels.astype(np.uint8)))
    (packed / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(some.images)))
    (packed / "t10k-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(idx(some.labels.astype(np.uint8)))
    )
    for n, (image, label) in enumerate(zip(some.images, some.labels, strict=True)):
        (folder / "testing" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "testing" / str(label) / f"{n}.png")
    npz = tmp_path / "digits.npz"
    npz.write_bytes(export.pictures_file(Dataset("digits", digits.classes, some, some, "")))
    for place in (mnist, packed, folder, npz):
        found = standalone.read_examples(place, "test")
        assert np.array_equal(found.images, some.images)
        assert np.array_equal(found.labels, some.labels)


def test_a_class_without_test_pictures_keeps_its_number(tmp_path: Path) -> None:
    for part, names in (("training", "abc"), ("testing", "ac")):
        for name in names:
            (tmp_path / part / name).mkdir(parents=True)
            Image.new("L", (28, 28)).save(tmp_path / part / name / "1.PNG")
    assert standalone.read_examples(tmp_path, "test").labels.tolist() == [0, 2]
    assert standalone.read_examples(tmp_path, "train").labels.tolist() == [0, 1, 2]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(picture=arrays(np.uint8, (28, 28)), level=st.integers(0, 9))
def test_any_grey_png_is_read(tmp_path: Path, picture: np.ndarray, level: int) -> None:
    Image.fromarray(picture).save(tmp_path / "one.png", compress_level=level)
    assert np.array_equal(standalone.read_png(tmp_path / "one.png"), picture)


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_of_png_is_undone(tmp_path: Path, kind: int) -> None:
    """PNG specification, section 9; Pillow reads the same."""
    rows = np.random.default_rng(kind).integers(0, 256, (28, 28), dtype=np.uint8)
    lines = b"".join(bytes([kind]) + row.tobytes() for row in rows)

    def chunk(name: bytes, body: bytes) -> bytes:
        check = zlib.crc32(name + body).to_bytes(4, "big")
        return struct.pack(">I", len(body)) + name + body + check

    head = struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    file = tmp_path / "one.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    assert np.array_equal(standalone.read_png(file), np.asarray(Image.open(file)))


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    with pytest.raises(SystemExit, match="28 x 28"):
        standalone.read_png(tmp_path / "one.png")
    with pytest.raises(SystemExit, match="holds no"):
        standalone.read_examples(tmp_path, "test")


@pytest.mark.parametrize(
    ("n", "valid_pct", "seed"), [(1437, 0.2, 42), (100, 0.15, 7), (50, 0.0, 1)]
)
def test_the_split_is_fastais(n: int, valid_pct: float, seed: int) -> None:
    ours = standalone.split_rows(n, valid_pct, seed)
    theirs = splits.train_valid_split(n, valid_pct, seed)
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_makes_a_script_without_us(name: str) -> None:
    script = export.training_script(presets.find(name).config)
    used = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(script))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    outside = {module.split(".")[0] for module in used} - sys.stdlib_module_names
    assert outside == {"numpy", "torch"}


def test_a_script_holds_no_code_but_ours(digits: Dataset) -> None:
    """A network's file may come from anybody, and say what it likes of its data and classes."""
    hostile = '"""\nraise SystemExit("hostile")\n"""\\'
    _, network = trained(digits, SMALL)
    config = replace(SMALL, dataset=hostile)
    strange = replace(network, config=config, classes=(hostile, *network.classes[1:]))
    for script in (export.training_script(config), export.inference_script(strange)):
        tree = ast.parse(script)
        assert not [node for node in tree.body if isinstance(node, ast.Raise)]
        assert hostile not in (ast.get_docstring(tree) or "")


def test_the_file_of_a_network_comes_back(digits: Dataset) -> None:
    _, network = trained(digits, SMALL)
    back = checkpoint_file.loads(export.network_file(network))
    images, _ = devices.to_tensors(digits.test)
    assert torch.equal(back.logits(images), network.logits(images))


def test_curves_have_a_line_a_step() -> None:
    steps = pd.DataFrame({"step": [1, 2, 3], "loss": [2.5, 1.25, 0.1], "lr": [0.1, 0.1, 0.05]})
    epochs = pd.DataFrame(
        {"epoch": [1], "step": [2], "train_loss": [1.9], "valid_loss": [None], "statistics": [{}]}
    )
    text = export.curves_csv(steps, epochs)
    assert text.splitlines() == [
        "step,loss,lr,epoch,train_loss,valid_loss",
        "1,2.5,0.1,,,",
        "2,1.25,0.1,1,1.9,",
        "3,0.1,0.05,,,",
    ]
    assert export.curves_csv(steps, pd.DataFrame()).splitlines()[0] == "step,loss,lr"
    assert export.curves_csv(steps[:0], epochs[:0]).count("\n") == 1
    nothing = pd.DataFrame(columns=epochs.columns)
    assert export.curves_csv(steps[:0].astype(float), nothing).count("\n") == 1
