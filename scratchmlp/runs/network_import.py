"""A network's file becomes a run: checked, measured where its pictures are at hand, entered."""

from dataclasses import replace

from scratchmlp.analysis import evaluation
from scratchmlp.data import datasets
from scratchmlp.data.sources import SOURCES, source_of
from scratchmlp.net import devices, statistics
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.catalogue import LONGEST_NAME
from scratchmlp.runs.store import Store

UNKNOWN_DATASET = "pictures that are elsewhere"


def import_network(store: Store, data: bytes, name: str) -> str:
    """Enter the network in a file's bytes as a finished run, and return the run's id.

    Its accuracy is measured on the test pictures of its dataset if these are on this machine. A
    file never makes this program fetch anything or read a folder that it has not read before: the
    run of a network that learned from such a folder names no folder at all.

    Raises
    ------
    UserError
        The bytes are no network: the sentence says why.
    """
    network = checkpoint_file.loads(data)
    name_of_pictures = network.config.dataset
    if name_of_pictures not in SOURCES and not datasets.is_prepared(name_of_pictures):
        config = replace(network.config, dataset=UNKNOWN_DATASET)
        network = replace(network, config=config)
    loss, accuracy = _measured(network)
    run_id = store.add_network(network, name[:LONGEST_NAME], test_loss=loss, test_accuracy=accuracy)
    store.catalogue.annotate(run_id, "Loaded from a file.")
    return run_id


def _measured(network: Network) -> tuple[float | None, float | None]:
    """Loss and accuracy on the test split; None where there are no such pictures."""
    name = network.config.dataset
    if not source_of(name).is_installed and not datasets.is_prepared(name):
        return None, None
    dataset = datasets.load(name)
    if set(dataset.classes) != set(network.classes):
        return None, None
    test = evaluation.match_classes(dataset, network.classes).test
    images, labels = devices.to_tensors(test, network.params[0][0].device)
    config, (mean, std) = network.config, (network.mean, network.std)
    return statistics.evaluate(config, network.params, images, labels, mean, std)
