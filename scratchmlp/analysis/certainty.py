"""How confident a network must be of a drawing so that at least 99% of such predictions are right.

The same probability means different things from different networks: one that was trained like the
post gives 0.999 to every second error. So each network is measured on validation pictures that are
bent at random. `RIGHT` and `LEAST` were chosen so that the limit holds for drawings of people whom
no network has seen: see docs/experiments.md.
"""

import functools

import numpy as np
import torch
from numpy.typing import NDArray

from scratchmlp.analysis import evaluation
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.net.augment import AUGMENTATIONS
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network

RIGHT = 0.993  # of the bent pictures; it gives 0.99 of drawings
LEAST = 0.98  # a network that was trained on bent pictures is better at them than at drawings
PICTURES = 4000
ENOUGH = 300  # predictions above a limit, or it says nothing
MULTIPLICATIONS = 3e9  # large networks are measured on fewer pictures


def limit(p: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The least confidence at which the share `RIGHT` of predictions (n, classes) is right.

    At least `LEAST`; infinite if there is none, or if too few predictions reach it.
    """
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == labels
    order = np.argsort(-confidence)
    confidence, share = confidence[order], correct[order].cumsum() / np.arange(1, len(order) + 1)
    is_last = np.append(confidence[1:] < confidence[:-1], True)  # of equally confident ones
    good = np.flatnonzero((share >= RIGHT) & is_last)
    if not len(good) or good[-1] + 1 < ENOUGH:
        return np.inf
    return max(LEAST, float(confidence[good[-1]]))


def bent_pictures(network: Network) -> Examples:
    """Validation pictures of the network's dataset, or training pictures if it has none, bent.

    Raises
    ------
    UserError
        The dataset is not prepared on this machine, or the network does not know one of its
        classes.
    """
    config = network.config
    if not datasets.is_prepared(config.dataset):
        raise UserError(f"The dataset {config.dataset} is not prepared on this machine.")
    of_split = TrainConfig(
        dataset=config.dataset,
        valid_pct=config.valid_pct,
        split_seed=config.split_seed,
        train_size=config.train_size,
    )
    weights = sum(w.numel() for w, _ in network.params)
    n = int(np.clip(MULTIPLICATIONS / weights, 2 * ENOUGH, PICTURES))
    return _bent(of_split, network.classes, n)


@functools.lru_cache(maxsize=4)  # 3 MB each; a taught network needs those of the one before
def _bent(config: TrainConfig, classes: tuple[str, ...], n: int) -> Examples:
    """As the dataset was when this process first asked for them."""
    dataset = evaluation.match_classes(datasets.load(config.dataset), classes)
    examples = evaluation.split_of(dataset, config, "valid" if config.valid_pct else "train")
    rows = np.resize(np.random.default_rng(0).permutation(len(examples)), n)
    pixels = torch.from_numpy(examples.images[rows]).float()
    bent = AUGMENTATIONS["elastic"](pixels, torch.Generator().manual_seed(0), 1.0)
    images = bent.round().clamp(0, 255).to(torch.uint8).numpy()
    return Examples(images, examples.labels[rows])
