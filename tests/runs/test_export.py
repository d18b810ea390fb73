"""What is taken away works without this program, and gives the same numbers."""

import subprocess
import sys
from pathlib import Path

import pytest

from scratchmlp.images import datasets
from scratchmlp.images.datasets import Dataset
from scratchmlp.net import training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Step
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint, export

SMALL = TrainConfig(dataset="digits", epochs=2, hidden=(16,))


def run(folder: Path, script: str, *arguments: str) -> str:
    """Run a script far from this program, by a Python that cannot find it."""
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-P", "script.py", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def trained(dataset: Dataset, config: TrainConfig) -> tuple[list[float], Network]:
    rows = datasets.split(len(dataset.train), config.valid_pct, config.split_seed)
    *events, end = training.fit(config, *(dataset.train.take(part) for part in rows))
    losses = [event.loss for event in events if isinstance(event, Step)]
    return losses, checkpoint.of_state(end.state, config, dataset.classes)


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
    x, y = training.to_tensors(digits.test)
    _, accuracy = training.evaluate(config, network.params, x, y, network.mean, network.std)
    told = f"Test accuracy: {accuracy:.4%} of 360 pictures"

    script = export.training_script(config)
    assert "scratchmlp" not in script
    assert told in run(tmp_path, script, "digits.npz", "--curve", "curve.csv")
    curve = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[1]) for line in curve] == losses
    assert told in run(tmp_path, export.inference_script(network), "digits.npz")
