"""A network that learns: its weights, its optimiser's state, its generator, and what it counts.

A step is `batch`, `gradients`, `update`, `count`; an epoch ends with `end_epoch`. The training loop
and the learning-rate finder are made of these.
"""

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from scratchmlp.net.augment import AUGMENTATIONS
from scratchmlp.net.backward import BACKWARDS
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.devices import matmul_precision
from scratchmlp.net.events import Epoch, State, Tally
from scratchmlp.net.model import as_input, flat, init_params, pairs, standardise
from scratchmlp.net.optimizers import OPTIMIZERS
from scratchmlp.net.schedules import SCHEDULES
from scratchmlp.net.statistics import evaluate, layer_statistics, pixel_moments

SAMPLE = 512  # pictures on which the units of a network are measured


def initial_state(config: TrainConfig, images: Tensor, n_classes: int) -> State:
    """The state before the first step: random weights, and an optimiser that remembers nothing."""
    device = images.device
    mean, std = pixel_moments(images) if config.standardise else (0.0, 1.0)
    sizes = [images[0].numel(), *config.hidden, n_classes]
    draw = torch.Generator().manual_seed(config.seed)  # on the CPU: the same on every device
    drawn = flat(init_params(sizes, config.init, config.init_std, draw))
    params = pairs([tensor.to(device) for tensor in drawn])
    generator = torch.Generator(device).manual_seed(config.seed)
    return State(params, {}, generator.get_state(), mean, std, config.lr)


def shuffled_batches(
    config: TrainConfig, epoch: int, n: int, device: torch.device | str = "cpu"
) -> tuple[Tensor, ...]:
    """The rows of each batch of an epoch. Only the seed and the epoch decide the order."""
    shuffler = torch.Generator().manual_seed(config.seed * 1_000_003 + epoch)
    return torch.randperm(n, generator=shuffler).to(device).split(config.batch_size)


def steps_per_epoch(config: TrainConfig, n: int) -> int:
    return math.ceil(n / config.batch_size)


class Learner:
    """Learns from `images` uint8 (n, 28, 28) and `labels` int64 (n,), on their device.

    Parameters
    ----------
    start : where to begin; it is copied and does not change.

    Attributes
    ----------
    lr : the learning rate before its schedule; change it at any time.
    step_lr : the learning rate of the last step, after the schedule.
    step, epoch : steps and epochs that are done.
    tally : sums over the batches of the current epoch.
    """

    def __init__(self, config: TrainConfig, start: State, images: Tensor, labels: Tensor) -> None:
        device = images.device
        self.config, self.images, self.labels = config, images, labels
        self.mean, self.std = start.mean, start.std
        self.tensors = [t.to(device, copy=True) for t in flat(start.params)]
        self.params = pairs(self.tensors)
        self.optimizer_state = {
            name: [t.to(device, copy=True) for t in tensors]
            for name, tensors in start.optimizer.items()
        }
        self.generator = torch.Generator(device)
        self.generator.set_state(start.generator)
        self.lr, self.step, self.epoch, self.tally = start.lr, start.step, start.epoch, start.tally
        self.total_steps = steps_per_epoch(config, len(labels)) * config.epochs

    def batches(self) -> Iterator[Tensor]:
        """The rows of each batch of the current epoch that is not done yet."""
        rows = shuffled_batches(self.config, self.epoch + 1, len(self.labels), self.labels.device)
        yield from rows[self.tally.seen // self.config.batch_size :]

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The augmented pictures of these rows as input (B, 784), and their labels (B,)."""
        self._began = time.perf_counter()
        yb = self.labels.index_select(0, rows)  # (B,)
        pixels = self.images.index_select(0, rows).float()  # (B, 28, 28), 0 to 255
        augment = AUGMENTATIONS[self.config.augment]
        augmented = augment(pixels, self.generator, self.config.augment_strength)
        return standardise(augmented.flatten(1), self.mean, self.std), yb

    def gradients(self, xb: Tensor, yb: Tensor) -> tuple[float, Tensor, list[Tensor]]:
        """The mean loss in nats, the logits (B, classes), and a gradient for each tensor."""
        config = self.config
        backward = BACKWARDS[config.backward]
        with matmul_precision(config.precision):
            loss, logits, grads = backward(self.params, xb, yb, config.activation, config.loss)
        return loss.item(), logits, grads

    def update(self, grads: list[Tensor]) -> None:
        """Take a step: move the weights, in place."""
        config, done = self.config, self.step / max(1, self.total_steps - 1)
        self.step += 1
        self.step_lr = self.lr * SCHEDULES[config.schedule](done)
        if self.tally.seen + config.batch_size >= len(self.labels):  # the last of the epoch
            self._last_step = [w.detach().clone() for w, _ in self.params], grads
        optimizer = OPTIMIZERS[config.optimizer]
        optimizer(self.tensors, grads, self.optimizer_state, self.step_lr, config)

    def count(self, loss: float, logits: Tensor, yb: Tensor) -> None:
        """Add a batch to the tally, with the seconds since `batch` was called."""
        tally = self.tally
        self.tally = Tally(
            tally.loss + loss * len(yb),
            tally.correct + int((logits.argmax(dim=1) == yb).sum()),
            tally.seen + len(yb),
            tally.seconds + time.perf_counter() - self._began,
        )

    def end_epoch(self, images: Tensor, labels: Tensor) -> Epoch:
        """Measure the network on the validation samples and begin the next epoch."""
        tally, self.tally = self.tally, Tally()
        self.epoch += 1
        valid_loss, valid_accuracy = evaluate(
            self.config, self.params, images, labels, self.mean, self.std
        )
        return Epoch(
            self.epoch,
            self.step,
            tally.loss / tally.seen,
            tally.correct / tally.seen,
            valid_loss,
            valid_accuracy,
            tally.seconds,
            layer_statistics(self.config, self.params, *self._last_step, self.sample()),
            self.state(),
        )

    def sample(self) -> Tensor:
        """The same few training pictures each time, not augmented, as input (n, 784)."""
        every = max(1, len(self.images) // SAMPLE)
        return as_input(self.images[::every][:SAMPLE], self.mean, self.std)

    def weight_sum(self) -> float:
        """Infinite or NaN if any weight is."""
        return sum(float(tensor.detach().sum()) for tensor in self.tensors)

    def state(self) -> State:
        """A copy of everything that is needed to resume from here."""
        return State(
            pairs([t.detach().clone() for t in self.tensors]),
            {name: [t.clone() for t in ts] for name, ts in self.optimizer_state.items()},
            self.generator.get_state(),
            self.mean,
            self.std,
            self.lr,
            self.step,
            self.epoch,
            self.tally,
        )
