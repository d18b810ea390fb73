"""Predicts the digits in a photo or a scan, whose ink is less certain than that of a drawing.

A page may be tilted, so the mean of several rotations counts, each weighted by how familiar it
looks. Wide ink that is no digit is cut into two where both parts are digits. "Sure" needs more than
with a drawing: printed letters, shapes and digits that touch are common in photos.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scratchmlp.analysis import prediction
from scratchmlp.analysis.prediction import Prediction, Verdict, WasTaught, never
from scratchmlp.ink import preparation, seams
from scratchmlp.ink.types import Ink
from scratchmlp.net.network import Network

ANGLES = (-16.0, -8.0, 8.0, 16.0)  # degrees
FAMILIAR = 0.77  # of the limit of `out_of_distribution`: what is farther away is not sure
REGULAR = 0.9  # overlap of ink with its mirror image: no hand is as regular as a printed letter
WIDE = 0.75  # width / height of ink that may be two digits
TWO = 1.0  # width / height of ink that is rather two digits, if it is not one
BOTH = 0.8  # the least probability of each part
ONE = 0.7  # a likelier digit is not cut


def predict_number(network: Network, ink: Ink, was_taught: WasTaught = never) -> list[Prediction]:
    """Predict each digit in a picture, from left to right; a picture without ink gives []."""
    parts = preparation.split_digits(ink)
    return [digit for part in parts for digit in _predict(network, part, was_taught)]


def looks_like_two(ink: Ink) -> bool:
    """Whether the ink is as wide as two digits."""
    height, width = preparation.crop(ink).shape
    return width > TWO * height


def _predict(network: Network, ink: Ink, was_taught: WasTaught) -> list[Prediction]:
    upright = prediction.predict(network, ink, was_taught)
    if upright.verdict == "empty" or preparation.is_prepared(ink) or was_taught(upright.image):
        return [upright]
    whole = _of_rotations(network, ink, upright)
    height, width = preparation.crop(ink).shape
    is_one = whole.label is not None and whole.probabilities.max() >= ONE
    if is_one or width < WIDE * height:
        return [whole]
    return _two(network, ink, whole) or [whole]


def _of_rotations(network: Network, ink: Ink, upright: Prediction) -> Prediction:
    """The mean of the predictions for several rotations."""
    others = [prediction.prepare(network, rotated(ink, angle)) for angle in ANGLES]
    images = np.stack([upright.image, *others])
    scores = prediction.unfamiliarity(network, images)
    weights = np.exp(-6 * np.maximum(scores - 0.6, 0))
    p = weights / weights.sum() @ prediction.probabilities(network, images)
    second, first = (int(label) for label in p.argsort()[-2:])
    verdict: Verdict = "not sure"
    if scores.min() > 1:
        verdict = "none of these"
    elif upright.verdict == "sure" and upright.label == first and scores[0] <= FAMILIAR:
        is_sure = p[first] >= prediction.sure_limit(network) and not _is_regular(ink)
        verdict = "sure" if is_sure else "not sure"
    label = None if verdict == "none of these" else first
    return Prediction(label, verdict, p, second, upright.image)


def rotated(ink: Ink, angle: float) -> Ink:
    """The ink, cropped, small, and rotated by some degrees."""
    cropped = preparation.crop(ink)
    small = preparation.fit(cropped, min(preparation.FINE, max(cropped.shape)))
    turned = ndimage.rotate(small, angle, order=1)
    return np.where(turned > 0.05, turned, 0).clip(0, 1)


def _is_regular(ink: Ink) -> bool:
    """Whether it resembles its mirror image, or itself upside down, as O, I, S and Z do."""
    mask = preparation.fit(preparation.crop(ink), 60) > 0.5
    mirrored = mask[::-1], mask[:, ::-1], mask[::-1, ::-1]
    return any((mask & m).sum() > REGULAR * (mask | m).sum() for m in mirrored)


def _two(network: Network, ink: Ink, whole: Prediction) -> list[Prediction]:
    """The two digits that the ink is more likely to be than one, or none; they are not sure."""
    best, pair = max(BOTH, float(whole.probabilities.max()) if whole.label is not None else 0), []
    for sides in seams.cuts(ink):
        digits = [prediction.predict(network, side) for side in sides]
        least = min(float(digit.probabilities.max()) for digit in digits)
        if least > best and all(digit.label is not None for digit in digits):
            best, pair = least, digits
    return [_not_sure(digit) for digit in pair]


def _not_sure(digit: Prediction) -> Prediction:
    p: NDArray[np.float64] = digit.probabilities
    return Prediction(digit.label, "not sure", p, digit.runner_up, digit.image)
