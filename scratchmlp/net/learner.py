"""A network that learns: its weights, its optimiser's memory and its generator, all its own.

A step is `batch`, `gradients`, `update`. The training loop, the learning-rate finder and whoever
else wants to take a step are made of these three.
"""

import torch
from torch import Tensor

from scratchmlp.net.augment import AUGMENTATIONS
from scratchmlp.net.backward import BACKWARDS
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import State, Tally
from scratchmlp.net.model import as_input, flat, pairs, standardise
from scratchmlp.net.optimizers import OPTIMIZERS

SAMPLE = 512  # pictures on which the units of a network are watched


class Learner:
    """Learns from `images` uint8 (n, 28, 28) and `labels` int64 (n,), on their device.

    Parameters
    ----------
    start : where to begin; it is copied and stays as it is.
    """

    def __init__(self, config: TrainConfig, start: State, images: Tensor, labels: Tensor) -> None:
        device = images.device
        self.config, self.images, self.labels = config, images, labels
        self.mean, self.std = start.mean, start.std
        self.tensors = [t.to(device, copy=True) for t in flat(start.params)]
        self.params = pairs(self.tensors)
        self.memory = {k: [t.to(device, copy=True) for t in v] for k, v in start.optimizer.items()}
        self.generator = torch.Generator(device)
        self.generator.set_state(start.generator)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The pictures of these rows, warped and as the network's input (B, 784); their labels."""
        yb = self.labels.index_select(0, rows)  # (B,)
        pixels = self.images.index_select(0, rows).float()  # (B, 28, 28), 0 to 255
        warped = AUGMENTATIONS[self.config.augment](pixels, self.generator)
        return standardise(warped.flatten(1), self.mean, self.std), yb

    def sample(self) -> Tensor:
        """The same few pictures each time, from all over the training set and not warped."""
        every = max(1, len(self.images) // SAMPLE)
        return as_input(self.images[::every][:SAMPLE], self.mean, self.std)

    def gradients(self, xb: Tensor, yb: Tensor) -> tuple[float, Tensor, list[Tensor]]:
        """The batch's mean loss in nats, its logits (B, classes), and a gradient a tensor."""
        config = self.config
        torch.set_float32_matmul_precision(config.precision)
        get_gradients = BACKWARDS[config.backward]
        loss, logits, grads = get_gradients(self.params, xb, yb, config.activation, config.loss)
        return loss.item(), logits, grads

    def update(self, grads: list[Tensor], lr: float) -> None:
        """Move the weights, in place."""
        OPTIMIZERS[self.config.optimizer].update(self.tensors, grads, self.memory, lr, self.config)

    def state(self, lr: float, step: int, epoch: int, tally: Tally) -> State:
        """Everything needed to go on from here, cloned."""
        params = pairs([t.detach().clone() for t in self.tensors])
        memory = {k: [t.clone() for t in v] for k, v in self.memory.items()}
        generator = self.generator.get_state()
        return State(params, memory, generator, self.mean, self.std, lr, step, epoch, tally)
