"""A trained network, with all that is needed to use it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import Params, as_input, predict


@dataclass(frozen=True)
class Network:
    """Weights, and how pictures become their input. `classes[i]` is the name of the i-th logit."""

    config: TrainConfig
    params: Params
    mean: float
    std: float
    classes: tuple[str, ...]
    step: int
    epoch: int

    def input(self, images: Tensor) -> Tensor:
        """uint8 (n, 28, 28) -> float32 (n, 784), standardised as in training."""
        return as_input(images, self.mean, self.std)

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor:
        """uint8 (n, 28, 28) -> float32 (n, classes)."""
        parts = images.split(4096)
        activation = self.config.activation
        return torch.cat([predict(self.params, self.input(x), activation) for x in parts])
