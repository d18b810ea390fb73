"""A network's file becomes a run: checked, measured where its pictures are at hand, entered."""

from scratchmlp.images import datasets
from scratchmlp.insight import evaluation
from scratchmlp.net import measure, training
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint
from scratchmlp.runs.catalogue import LONGEST_NAME
from scratchmlp.runs.store import Store


def adopt(store: Store, data: bytes, name: str) -> str:
    """Enter the network in a file's bytes as a finished run, and return the run's id.

    Its accuracy is measured on the test pictures of its dataset if these are on this machine; a
    file never makes this program fetch anything or read a folder it has not read before.

    Raises
    ------
    UserError
        The bytes are no network: the sentence says why.
    """
    network = checkpoint.loads(data)
    loss, accuracy = _measured(network)
    run_id = store.add_network(network, name[:LONGEST_NAME], test_loss=loss, test_accuracy=accuracy)
    store.catalogue.annotate(run_id, "Loaded from a file.")
    return run_id


def _measured(network: Network) -> tuple[float | None, float | None]:
    """Loss and accuracy on the test split; None where there are no such pictures."""
    name = network.config.dataset
    if name != "digits" and not datasets.is_prepared(name):  # digits come with the program
        return None, None
    dataset = datasets.load(name)
    if set(dataset.classes) != set(network.classes):
        return None, None
    test = evaluation.renamed(dataset, network.classes).test
    images, labels = training.to_tensors(test, network.params[0][0].device)
    config, (mean, std) = network.config, (network.mean, network.std)
    return measure.evaluate(config, network.params, images, labels, mean, std)
