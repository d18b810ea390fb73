"""Teach a trained network a few drawings, in a fraction of a second, without forgetting the rest.

A batch is half drawings, warped anew each time, and half pictures of its old training set: what is
only shown new pictures forgets the old ones (McCloskey & Cohen 1989), and rehearsing some of the
old ones prevents it (Robins 1995).
"""

import dataclasses

import numpy as np
import torch
from torch import Tensor

from scratchmlp.images.datasets import Examples
from scratchmlp.net.augment import AUGMENTATIONS
from scratchmlp.net.backward import BACKWARDS
from scratchmlp.net.model import flat, pairs, standardise
from scratchmlp.net.network import Network
from scratchmlp.net.optim import OPTIMIZERS, SCHEDULES

STEPS = 100
NEW, OLD = 32, 64  # drawings and old pictures in a batch
LR = 0.001


def teach(network: Network, drawings: Examples, replay: Examples, seed: int = 0) -> Network:
    """A new network that has seen the drawings; the old one stays as it is.

    Parameters
    ----------
    drawings : a few pictures to learn, labels as in `network.classes`.
    replay : pictures of its training set, of which each batch takes some.
    """
    generator = torch.Generator().manual_seed(seed)
    config = dataclasses.replace(network.config, optimizer="adam", weight_decay=0.0, momentum=0.9)
    get_gradients, warp = BACKWARDS["by-hand"], AUGMENTATIONS["elastic"]
    optimizer, schedule = OPTIMIZERS["adam"], SCHEDULES["one-cycle"]
    tensors = [tensor.detach().clone() for tensor in flat(network.params)]
    params, state = pairs(tensors), optimizer.init(tensors)
    for step in range(STEPS):
        pixels, yb = _batch(drawings, replay, generator)
        xb = standardise(warp(pixels, generator).flatten(1), network.mean, network.std)
        _, _, grads = get_gradients(params, xb, yb, config.activation, config.loss)
        optimizer.update(tensors, grads, state, LR * schedule(step / (STEPS - 1)), config)
    return dataclasses.replace(network, params=params, step=network.step + STEPS)


def _batch(
    drawings: Examples, replay: Examples, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Pictures float32 (B, 28, 28) and labels (B,): some new, some old, drawn with replacement."""
    images, labels = [], []
    for examples, n in ((drawings, NEW), (replay, OLD)):
        if len(examples):
            rows = torch.randint(len(examples), (n,), generator=generator).numpy()
            images.append(examples.images[rows])
            labels.append(examples.labels[rows])
    pixels = torch.from_numpy(np.concatenate(images)).float()
    return pixels, torch.from_numpy(np.concatenate(labels))
