"""A trained network, with all that is needed to use it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from scratchmlp.data.datasets import Examples
from scratchmlp.net import statistics
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.devices import to_tensors
from scratchmlp.net.model import Params, as_input, predict


@dataclass(frozen=True, eq=False)
class Network:
    """Weights, and how pictures become their input. `classes[i]` is the name of the i-th logit.

    A network equals only itself, so that what is computed of it can be kept beside it.
    """

    config: TrainConfig
    params: Params
    mean: float
    std: float
    classes: tuple[str, ...]
    step: int
    epoch: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer, input and output included: (784, 128, 10)."""
        return (self.params[0][0].shape[0], *(weights.shape[1] for weights, _ in self.params))

    def input(self, images: Tensor) -> Tensor:
        """uint8 (n, 28, 28) -> float32 (n, 784), standardised as in training."""
        return as_input(images, self.mean, self.std)

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor:
        """uint8 (n, 28, 28) -> float32 (n, classes)."""
        parts = images.split(4096)
        activation = self.config.activation
        return torch.cat([predict(self.params, self.input(x), activation) for x in parts])

    def evaluate(self, examples: Examples) -> tuple[float | None, float | None]:
        """Mean loss in nats and accuracy on these examples; None for both if there are none."""
        images, labels = to_tensors(examples, self.params[0][0].device)
        return statistics.evaluate(self.config, self.params, images, labels, self.mean, self.std)
