"""The import of a network's file as a run."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat, init_params
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.execution import execute
from scratchmlp.runs.network_import import UNKNOWN_DATASET, import_network
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store

CONFIG = TrainConfig(dataset="digits", hidden=(16,), epochs=2)


def fresh(config: TrainConfig = CONFIG, classes: str = "0123456789", scale: float = 1) -> bytes:
    sizes = [784, *config.hidden, len(classes)]
    params = init_params(sizes, "he", generator=torch.Generator().manual_seed(0))
    params = [(scale * weights, bias) for weights, bias in params]
    return checkpoint_file.dumps(Network(config, params, 0.1, 0.3, tuple(classes), 10, 2))


def test_an_imported_network_has_the_figures_of_its_run(store: Store) -> None:
    first = store.create(CONFIG, status="running")
    execute(store, first)
    again = store.run(import_network(store, store.network_bytes(first), "again"))
    was = store.run(first)
    assert again.test_accuracy == was.test_accuracy
    assert again.test_loss == was.test_loss
    assert (again.status, again.name, again.config) == ("finished", "again", CONFIG)
    params = [store.network(run).params for run in (first, again.id)]
    assert all(torch.equal(a, b) for a, b in zip(*map(flat, params), strict=True))
    assert again.note == "Loaded from a file."


def test_classes_in_another_order_are_evaluated_correctly(store: Store, digits: Dataset) -> None:
    run = store.create(CONFIG, status="running")
    execute(store, run)
    network = store.network(run)
    (w1, b1), (w2, b2) = network.params
    turned = replace(
        network, params=[(w1, b1), (w2.flip(1), b2.flip(0))], classes=network.classes[::-1]
    )
    again = store.run(import_network(store, checkpoint_file.dumps(turned), "turned"))
    assert again.test_accuracy == store.run(run).test_accuracy


@pytest.mark.parametrize(
    ("config", "classes"),
    [(replace(CONFIG, dataset="mnist"), "0123456789"), (CONFIG, "abcdefghij"), (CONFIG, "01234")],
)
def test_without_its_dataset_an_imported_network_has_no_figures(
    store: Store, config: TrainConfig, classes: str
) -> None:
    run = store.run(import_network(store, fresh(config, classes), "unmeasured"))
    assert (run.status, run.test_accuracy, run.test_loss) == ("finished", None, None)
    assert run.best_epoch == 2


def test_an_imported_file_cannot_make_the_program_read_a_folder(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "secret"
    folder.mkdir()
    run = store.run(import_network(store, fresh(replace(CONFIG, dataset=str(folder))), "strange"))
    assert run.test_accuracy is None
    assert (run.dataset, run.config.dataset) == (UNKNOWN_DATASET, UNKNOWN_DATASET)
    with pytest.raises(UserError, match="is not a dataset"):
        datasets.load(run.dataset)


def test_a_network_with_overflowing_weights_has_no_loss(store: Store) -> None:
    assert store.run(import_network(store, fresh(scale=1e30), "huge")).test_loss is None


def test_a_file_that_is_not_a_network_makes_no_run(store: Store) -> None:
    for data in (b"", b"\x80\x04pickle", fresh()[:-4]):
        with pytest.raises(UserError, match="This checkpoint cannot be used"):
            import_network(store, data, "hostile")
    assert store.runs() == []


def test_a_visitor_s_file_cannot_name_a_folder_that_another_has_used(
    store: Store, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "is_prepared", lambda name: True)
    monkeypatch.setattr(datasets, "load", lambda name: digits)
    file = fresh(replace(CONFIG, dataset="/data/private"))
    assert store.run(import_network(store, file, "own machine")).dataset == "/data/private"
    ben = store.seen_by(Visitor("ben"))
    assert ben.run(import_network(ben, file, "hosted")).dataset == UNKNOWN_DATASET
