"""Predicts the class of a drawing, and whether the prediction counts.

A network that was trained on digits predicts a digit for every drawing, even for a house. So a
prediction is sure only if its confidence is high enough for this network (`analysis.certainty`),
and it counts only if the drawing resembles the training samples (`analysis.out_of_distribution`).
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp.analysis import certainty, out_of_distribution
from scratchmlp.analysis.out_of_distribution import Detector
from scratchmlp.errors import UserError
from scratchmlp.ink import preparation
from scratchmlp.ink.preparation import Stage
from scratchmlp.ink.types import Ink
from scratchmlp.net import shipped
from scratchmlp.net.augment import shift
from scratchmlp.net.network import Network

Verdict = Literal["empty", "sure", "not sure", "none of these"]
WasTaught = Callable[[NDArray[np.uint8]], bool]
SHIFTS = tuple(itertools.product((0.0, -0.5, 0.5), repeat=2))  # pixels down and across
_limits: WeakKeyDictionary[Network, float] = WeakKeyDictionary()


@dataclass(frozen=True)
class Prediction:
    """The prediction for one drawing.

    Attributes
    ----------
    label, runner_up : the two most probable classes, as indices of `network.classes`. `label` is
        None for an empty sheet and for a drawing that is none of the classes.
    verdict : "sure" if at least 99% of such predictions are right on drawings of other people.
    probabilities : (classes,); all 0 for an empty sheet.
    image : the input of the network, uint8 (28, 28).
    """

    label: int | None
    verdict: Verdict
    probabilities: NDArray[np.float64]
    runner_up: int | None
    image: NDArray[np.uint8]

    @property
    def candidates(self) -> tuple[int, ...]:
        """The classes to choose between, as indices: none if the prediction is sure, or two."""
        if self.verdict != "not sure" or self.label is None or self.runner_up is None:
            return ()
        return self.label, self.runner_up


def stages(network: Network, ink: Ink) -> list[Stage]:
    """The steps from the ink to the network's input; strokes become as thick as in its dataset."""
    detector = _detector(network)
    return preparation.stages(ink, detector.thickness if detector else preparation.THICKNESS)


def prepare(network: Network, ink: Ink) -> NDArray[np.uint8]:
    """The network's input for any ink, uint8 (28, 28)."""
    return stages(network, ink)[-1].picture


def never(image: NDArray[np.uint8]) -> bool:
    """No image was taught to the network after its training."""
    return False


def predict(network: Network, ink: Ink, was_taught: WasTaught = never) -> Prediction:
    """Predict one digit, or whatever classes the network has.

    An image that the network was taught is one of its classes, however odd it looks.
    """
    detector = _detector(network)
    image = prepare(network, ink)
    if not image.any():
        return Prediction(None, "empty", np.zeros(len(network.classes)), None, image)
    p = probabilities(network, image[None])[0]
    order = p.argsort()[::-1]
    verdict: Verdict = "sure" if p[order[0]] >= sure_limit(network) else "not sure"
    if detector and detector.scores(image[None])[0] > 1 and not was_taught(image):
        verdict = "none of these"
    label = None if verdict == "none of these" else int(order[0])
    return Prediction(label, verdict, p, int(order[1]) if len(order) > 1 else None, image)


def predict_number(network: Network, ink: Ink, was_taught: WasTaught = never) -> list[Prediction]:
    """Predict each digit of a number, from left to right; an empty sheet gives []."""
    return [predict(network, part, was_taught) for part in preparation.split_digits(ink)]


@torch.no_grad()
def probabilities(network: Network, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """uint8 (n, 28, 28) -> (n, classes).

    A network that was trained with augmentation predicts nine copies, shifted by half a pixel, and
    the result is the mean. Without augmentation shifted copies are less accurate, so there is one.
    """
    pixels = torch.from_numpy(images).float()
    shifts = SHIFTS if network.config.augment != "none" else SHIFTS[:1]
    predictions = [_softmax(network, shift(pixels, *by)) for by in shifts]
    mean: NDArray[np.float64] = torch.stack(predictions).mean(dim=0).numpy()
    return mean


def unfamiliarity(network: Network, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """uint8 (n, 28, 28) -> (n,): above 1 is unlike the training samples; 0 if nothing is known."""
    detector = _detector(network)
    return detector.scores(images) if detector else np.zeros(len(images))


def likeliest(p: NDArray[np.float64]) -> tuple[int, int]:
    """The most likely class and the next, of probabilities (classes,)."""
    order = p.argsort()[::-1]
    return int(order[0]), int(order[min(1, len(order) - 1)])


def _softmax(network: Network, pixels: Tensor) -> Tensor:
    logits = network.logits(pixels.clone())  # `logits` works in place
    return logits.double().softmax(dim=1)


def _detector(network: Network) -> Detector | None:
    """The detector of the network's dataset; None if the dataset is not on this machine."""
    try:
        return out_of_distribution.detector(network.config.dataset)
    except UserError:
        return None


def sure_limit(network: Network) -> float:
    """The least confidence of a sure prediction; infinite if it can be of no prediction.

    Without its dataset on this machine nothing is known about its confidence, so it is never sure.
    """
    if network.config == shipped.config():
        return float(shipped.metadata()["sure"])  # a taught copy's is hardly another
    if network not in _limits:
        try:
            bent = certainty.bent_pictures(network)
        except UserError:
            return np.inf
        _limits[network] = certainty.limit(probabilities(network, bent.images), bent.labels)
    return _limits[network]
