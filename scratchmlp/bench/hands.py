"""Makes the files that come with the program: the network `hands`, and what its pictures look like.

The recipe was chosen on six of the 30 writers and on MNIST's validation pictures: see
docs/experiments.md. This trains on all of them.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.numpy import save_file

from scratchmlp.analysis import certainty, out_of_distribution, prediction
from scratchmlp.bench import Line
from scratchmlp.data import datasets, splits
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import presets, shipped, training
from scratchmlp.net.events import Epoch, Finished
from scratchmlp.net.model import flat
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file


def run(folder: Path) -> Iterator[Line]:
    """Train, and write both files into the folder."""
    config = presets.find("hands").config
    dataset, seconds = datasets.load(config.dataset), 0.0
    rows = splits.train_valid_split(len(dataset.train), config.valid_pct, config.split_seed)
    train, valid = dataset.to_train_on(rows[0]), dataset.train.take(rows[1])
    for event in training.fit(config, train, valid):
        if isinstance(event, Epoch):
            seconds += event.seconds
            record = {"epoch": event.epoch, "train_loss": event.train_loss}
            yield Line(record, f"Epoch [{event.epoch}/{config.epochs}]")
    assert isinstance(event, Finished)
    network = checkpoint_file.network_from_state(event.state, config, dataset.classes)
    yield write(folder, network, dataset, seconds)


def write(folder: Path, network: Network, dataset: Dataset, seconds: float) -> Line:
    """Write the network in half precision with its figures, and the detector of its dataset."""
    for tensor in flat(network.params):
        tensor.data.copy_(tensor.detach().half())  # what is measured is what is written
    bent = certainty.bent_pictures(network)
    loss, accuracy = network.evaluate(dataset.test)
    figures = {
        "created": time.time(),
        "test_accuracy": accuracy,
        "test_loss": loss,
        "train_seconds": seconds,
        "sure": certainty.limit(prediction.probabilities(network, bent.images), bent.labels),
    }
    folder.mkdir(parents=True, exist_ok=True)
    data = checkpoint_file.dumps(network, torch.float16, **figures)
    (folder / shipped.FILE.name).write_bytes(data)
    detector = out_of_distribution.fit(dataset.train)
    packed = out_of_distribution.pack(detector, dataset.train)
    save_file(packed, folder / out_of_distribution.SHIPPED.name)
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    record = {"test_accuracy": accuracy, "sure": figures["sure"], "bytes": size}
    return Line(record, f"test accuracy {accuracy:.2%}, {size:,} bytes in {folder}")
