"""Exported files work without this program and give the same numbers."""

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from scratchmlp.data import joined, splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import devices, presets, training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Step
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file, export

SMALL = TrainConfig(dataset="digits", epochs=2, hidden=(16,))


def run(folder: Path, script: str, *arguments: str) -> str:
    """Run a script with a Python that cannot import this program."""
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-P", "script.py", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def trained(dataset: Dataset, config: TrainConfig) -> tuple[list[float], Network]:
    rows = splits.divide(dataset.train.labels, config)
    *events, end = training.fit(config, *(dataset.train.take(part) for part in rows))
    losses = [event.loss for event in events if isinstance(event, Step)]
    return losses, checkpoint_file.network_from_state(end.state, config, dataset.classes)


@pytest.mark.parametrize(
    "changes",
    [
        {"augment": "elastic", "backward": "by-hand", "train_size": 300},
        {"optimizer": "momentum", "valid_pct": 0.0},
    ],
    ids=["elastic by hand on 300", "momentum without validation"],
)
def test_scripts_train_and_classify_bit_for_bit(
    digits: Dataset, tmp_path: Path, changes: dict
) -> None:
    config = TrainConfig.from_mapping(changes, SMALL)
    losses, network = trained(digits, config)
    (tmp_path / "digits.npz").write_bytes(export.dataset_file(digits))
    _, accuracy = network.evaluate(digits.test)
    expected = f"Test accuracy: {accuracy:.4%} of 360 pictures"

    script = export.training_script(config)
    assert "scratchmlp" not in script
    assert expected in run(tmp_path, script, "digits.npz", "--curve", "curve.csv")
    curve = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in curve] == losses
    assert expected in run(tmp_path, export.inference_script(network), "digits.npz")


def test_a_training_script_applies_changes_of_the_learning_rate(
    digits: Dataset, tmp_path: Path
) -> None:
    rates, done, losses = {3: 0.05, 7: 0.0001}, [0], []
    parts = [digits.train.take(p) for p in splits.train_valid_split(len(digits.train), 0.2, 42)]
    for event in training.fit(SMALL, *parts, control=lambda: rates.get(done[0])):
        if isinstance(event, Step):
            done[0] = event.step
            losses.append(event.loss)
    (tmp_path / "digits.npz").write_bytes(export.dataset_file(digits))
    run(tmp_path, export.training_script(SMALL, rates), "digits.npz", "--curve", "curve.csv")
    curve = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in curve] == losses


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_makes_a_script_that_needs_only_numpy_and_torch(name: str) -> None:
    script = export.training_script(presets.find(name).config)
    used = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(script))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    outside = {module.split(".")[0] for module in used} - sys.stdlib_module_names
    assert outside == {"numpy", "torch"}


def test_text_from_outside_never_becomes_code_in_a_script(digits: Dataset) -> None:
    """The file of a network may come from anybody, and may have any names of classes."""
    hostile = '"""\nraise SystemExit("hostile")\n"""\\'
    _, network = trained(digits, SMALL)
    config = replace(SMALL, dataset=hostile)
    strange = replace(network, config=config, classes=(hostile, *network.classes[1:]))
    for script in (export.training_script(config), export.inference_script(strange)):
        tree = ast.parse(script)
        assert not [node for node in tree.body if isinstance(node, ast.Raise)]
        assert hostile not in (ast.get_docstring(tree) or "")


def test_an_exported_network_can_be_loaded(digits: Dataset) -> None:
    _, network = trained(digits, SMALL)
    back = checkpoint_file.loads(export.network_file(network))
    images, _ = devices.to_tensors(digits.test)
    assert torch.equal(back.logits(images), network.logits(images))


def test_the_csv_of_curves_has_one_line_per_step() -> None:
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


def test_a_script_counts_the_pictures_of_a_small_dataset_as_often_as_the_run(
    digits: Dataset, tmp_path: Path
) -> None:
    large = replace(digits, name="large", test=digits.test.take(np.arange(50)))
    small = Dataset("small", digits.classes, digits.test.take(np.arange(40)), digits.test, "")
    both = joined.join("large+small", [large, small])
    rows, valid = splits.train_valid_split(len(both.train), 0.2, 42)
    *events, _ = training.fit(SMALL, both.to_train_on(rows), both.train.take(valid))
    assert len(both.to_train_on(rows)) > len(rows) + 150  # each of the small one counts 8 times
    (tmp_path / "both.npz").write_bytes(export.dataset_file(both))
    run(tmp_path, export.training_script(SMALL), "both.npz", "--curve", "curve.csv")
    curve = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in curve] == [
        event.loss for event in events if isinstance(event, Step)
    ]
