"""What a network makes of a drawing, and whether it should say anything at all.

A network trained on digits gives every drawing a digit, a house too. So its answer is taken for
one only if it is sure of it and the drawing resembles what it was trained on.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from scratchmlp.images import drawing
from scratchmlp.images.drawing import Ink
from scratchmlp.net.network import Network

Verdict = Literal["empty", "sure", "not sure", "none of these"]
SURE = 0.6


@dataclass(frozen=True)
class Reading:
    """An answer. `label` and `runner_up` count in `network.classes`.

    `label` is None on an empty sheet and for what is none of the classes; of what it is not sure
    of, it is the likeliest. `probabilities` (classes,) are 0 on an empty sheet. `image` is what the
    network saw, uint8 (28, 28).
    """

    label: int | None
    verdict: Verdict
    probabilities: NDArray[np.float64]
    runner_up: int | None
    image: NDArray[np.uint8]


def read(network: Network, ink: Ink) -> Reading:
    """Read one digit."""
    image = drawing.prepare(ink)
    if not image.any():
        return Reading(None, "empty", np.zeros(len(network.classes)), None, image)
    p = network.logits(torch.from_numpy(image)[None])[0].double().softmax(dim=0).numpy()
    order = p.argsort()[::-1]
    verdict: Verdict = "sure" if p[order[0]] >= SURE else "not sure"
    runner_up = int(order[1]) if len(order) > 1 else None
    return Reading(int(order[0]), verdict, p, runner_up, image)


def read_number(network: Network, ink: Ink) -> list[Reading]:
    """Read each digit of a number, left to right; an empty sheet gives []."""
    return [read(network, part) for part in drawing.split(ink)]


def likelihoods(network: Network, image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probability of each class for a picture as it stands, uint8 (28, 28): (classes,)."""
    p: NDArray[np.float64] = (
        network.logits(torch.from_numpy(image)[None])[0].double().softmax(dim=0).numpy()
    )
    return p
