"""Fine-tuning: teach a trained network a few drawings in a fraction of a second.

A network that sees only new pictures forgets the old ones (McCloskey & Cohen 1989). So each batch
has a few copies of each drawing, augmented anew each time, and the rest are pictures of the old
training set (replay, Robins 1995). Many copies of one drawing would teach the network that most
pictures are of its class. At the end the old and the new weights are averaged: the mean keeps most
of what the network knew and most of what it has learned (Wortsman et al. 2022, WiSE-FT).
"""

import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor

from scratchmlp.data.datasets import Examples
from scratchmlp.net.augment import AUGMENTATIONS
from scratchmlp.net.backward import by_hand
from scratchmlp.net.model import flat, pairs, standardise
from scratchmlp.net.network import Network
from scratchmlp.net.optimizers import OPTIMIZERS, OptState
from scratchmlp.net.schedules import SCHEDULES

STEPS = 120
BATCH = 128
COPIES = 4  # of each drawing in a batch
MAX_NEW = 64  # copies of all drawings in a batch
LR = 0.002
KEEP = 0.5  # share of the old weights in the mean


def teach(network: Network, drawings: Examples, replay: Examples, seed: int = 0) -> Network:
    """A new network that has learned the drawings. The old network does not change.

    Parameters
    ----------
    drawings : a few pictures to learn; their labels count in `network.classes`.
    replay : pictures of the old training set; each batch takes some.
    """
    config = dataclasses.replace(network.config, weight_decay=0.0, momentum=0.9, beta2=0.999)
    optimizer, schedule = OPTIMIZERS["adam"], SCHEDULES["one-cycle"]
    tensors = [tensor.detach().clone() for tensor in flat(network.params)]
    params, state = pairs(tensors), OptState()
    batch = _batches(network, drawings, replay, torch.Generator().manual_seed(seed))
    for step in range(STEPS):
        xb, yb = next(batch)
        _, _, grads = by_hand(params, xb, yb, config.activation, config.loss)
        optimizer(tensors, grads, state, LR * schedule(step / (STEPS - 1)), config)
    for tensor, old in zip(tensors, flat(network.params), strict=True):
        tensor.lerp_(old, KEEP)
    return dataclasses.replace(network, params=params, step=network.step + STEPS)


def _batches(
    network: Network, drawings: Examples, replay: Examples, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs (B, 784) and labels (B,). The old pictures are augmented as in their training."""
    new = min(COPIES * len(drawings), MAX_NEW)
    config, sources = network.config, [(drawings, new, AUGMENTATIONS["elastic"], 1.0)]
    if len(replay):
        augment = AUGMENTATIONS[config.augment]
        sources.append((replay, BATCH - new, augment, config.augment_strength))
    while True:
        pixels, labels = [], []
        for examples, n, augment, strength in sources:
            rows = torch.randint(len(examples), (n,), generator=generator).numpy()
            old = torch.from_numpy(examples.images[rows]).float()
            pixels.append(augment(old, generator, strength))
            labels.append(torch.from_numpy(examples.labels[rows]))
        xb = torch.cat(pixels).flatten(1)
        yield standardise(xb, network.mean, network.std), torch.cat(labels)
