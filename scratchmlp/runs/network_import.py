"""Loads the file of a network as a new run: checks it, evaluates it if possible, and stores it."""

from dataclasses import replace

from scratchmlp.analysis import evaluation
from scratchmlp.data import datasets, sources
from scratchmlp.data.datasets import Examples
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.run_list import MAX_NAME_LENGTH
from scratchmlp.runs.store import Store

UNKNOWN_DATASET = "pictures that are elsewhere"


def import_network(store: Store, data: bytes, name: str) -> str:
    """Store the network in the bytes of a file as a finished run, and return the run's id.

    The network is evaluated on the test split of its dataset if that dataset is on this machine.
    A file cannot make this program download anything, or read a folder that it has not read before
    or that the visitor may not use: if the file names such a folder, the run does not name it.

    Raises
    ------
    UserError
        The bytes are not a network: the sentence says why.
    """
    return add(store, checkpoint_file.loads(data), name)


def add(store: Store, network: Network, name: str) -> str:
    """Store a network as a finished run with its figures, and return the run's id."""
    dataset = network.config.dataset
    is_known = store.may_use(dataset) and datasets.is_prepared(dataset)
    if not (sources.is_named(dataset) or is_known):
        network = replace(network, config=replace(network.config, dataset=UNKNOWN_DATASET))
    loss, accuracy = measure(network)
    name = name[:MAX_NAME_LENGTH]
    run_id = store.add_network(network, name, test_loss=loss, test_accuracy=accuracy)
    store.run_list.set_note(run_id, "Loaded from a file.")
    return run_id


def measure(network: Network) -> tuple[float | None, float | None]:
    """Loss and accuracy on the test split of its dataset; None if that is not on this machine."""
    test = _test_examples(network)
    return network.evaluate(test) if test else (None, None)


def _test_examples(network: Network) -> Examples | None:
    """The test split of the network's dataset, or None if it is not here or has other classes."""
    name = network.config.dataset
    if not sources.source_of(name).is_installed and not datasets.is_prepared(name):
        return None
    dataset = datasets.load(name)
    if set(dataset.classes) != set(network.classes):
        return None
    return evaluation.match_classes(dataset, network.classes).test
