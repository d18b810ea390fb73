"""What a network makes of a drawing, and whether it should say anything at all.

A network trained on digits gives every drawing a digit, a house too. So its answer counts only if
it is sure of it and the drawing resembles what it was trained on (`analysis.out_of_distribution`).
"""

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp.analysis import out_of_distribution
from scratchmlp.analysis.out_of_distribution import Detector
from scratchmlp.errors import UserError
from scratchmlp.ink import preparation
from scratchmlp.ink.preparation import Ink, Stage
from scratchmlp.net.augment import shift
from scratchmlp.net.network import Network

Verdict = Literal["empty", "sure", "not sure", "none of these"]
SURE = 0.4  # probability of its answer, below which it is not
NUDGES = tuple(itertools.product((0.0, -0.5, 0.5), repeat=2))  # pixels down and across


@dataclass(frozen=True)
class Prediction:
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


def stages(network: Network, ink: Ink) -> list[Stage]:
    """Every step from the ink to what this network sees; strokes become as thick as it knows."""
    known = _known(network)
    return preparation.stages(ink, known.thickness if known else preparation.THICKNESS)


def predict(network: Network, ink: Ink) -> Prediction:
    """Read one digit, or letter, or whatever the network was trained on."""
    known = _known(network)
    image = stages(network, ink)[-1].picture
    if not image.any():
        return Prediction(None, "empty", np.zeros(len(network.classes)), None, image)
    p = probabilities(network, image[None])[0]
    order = p.argsort()[::-1]
    verdict = _verdict(float(p[order[0]]), known, image)
    label = None if verdict == "none of these" else int(order[0])
    return Prediction(label, verdict, p, int(order[1]) if len(order) > 1 else None, image)


def predict_number(network: Network, ink: Ink) -> list[Prediction]:
    """Read each digit of a number, left to right; an empty sheet gives []."""
    return [predict(network, part) for part in preparation.split(ink)]


@torch.no_grad()
def probabilities(network: Network, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """uint8 (n, 28, 28) -> (n, classes).

    A network that was trained on warped pictures is asked nine times, of pictures nudged by half a
    pixel, and the answers' mean is taken; one that never saw a nudged picture does worse that way.
    """
    pixels = torch.from_numpy(images).float()
    nudges = NUDGES if network.config.augment != "none" else NUDGES[:1]
    answers = [_softmax(network, shift(pixels, *nudge)) for nudge in nudges]
    mean: NDArray[np.float64] = torch.stack(answers).mean(dim=0).numpy()
    return mean


def likeliest(p: NDArray[np.float64]) -> tuple[int, int]:
    """The most likely class and the next, of probabilities (classes,)."""
    order = p.argsort()[::-1]
    return int(order[0]), int(order[min(1, len(order) - 1)])


def _softmax(network: Network, pixels: Tensor) -> Tensor:
    logits = network.logits(pixels.clone())  # `input` works in place
    return logits.double().softmax(dim=1)


def _known(network: Network) -> Detector | None:
    """What it was trained on; None where that is not on this machine."""
    try:
        return out_of_distribution.detector(network.config.dataset)
    except UserError:
        return None


def _verdict(p: float, known: Detector | None, image: NDArray[np.uint8]) -> Verdict:
    if known and known.scores(image[None])[0] > 1:
        return "none of these"
    return "sure" if p >= SURE else "not sure"
