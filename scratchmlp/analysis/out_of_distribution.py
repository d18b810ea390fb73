"""Detects images that do not resemble the training samples of a network.

The confidence of a network does not tell: it can be as high for a house as for a 4. So an image is
compared with training samples by two kinds of features: blurred pixels, which notice ink in the
wrong place, and histograms of gradient directions (Dalal & Triggs 2005), which notice lines in the
wrong direction. An image is out of distribution if, by either, its distance to the nearest training
samples exceeds a limit. Nearly all other training samples are below that limit. Nothing is fitted
to drawings.
"""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from scratchmlp import paths
from scratchmlp.data import array_cache, datasets
from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.ink import preparation

REFERENCE_SAMPLES = 20_000  # training samples that an image is compared with
CALIBRATION_SAMPLES = 4_000  # other training samples, which set the limits
NEIGHBOURS = 8
AXES = 60  # principal components of each kind of features
REJECTED = 0.006  # share of calibration samples above each limit: see docs/experiments.md
THICKNESS_SAMPLES = 300  # training samples whose stroke thickness is measured

Features = Callable[[NDArray[np.uint8]], Tensor]


@dataclass(frozen=True)
class Space:
    """The reference samples in the principal axes of one kind of features."""

    mean: Tensor  # (features,)
    axes: Tensor  # (features, AXES)
    known: Tensor  # (REFERENCE_SAMPLES, AXES)
    limit: float  # a larger distance is out of distribution


@dataclass(frozen=True)
class Detector:
    """What a dataset looks like.

    Attributes
    ----------
    spaces : one for each kind of features.
    thickness : median thickness of the strokes, in pixels, as `preparation.prepare` takes it.
    """

    spaces: dict[str, Space]
    thickness: float

    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """uint8 (n, 28, 28) -> (n,): distance / limit, the larger of the two.

        Above 1 is out of distribution.
        """
        distances = [
            _distance(space, FEATURES[name](images)) / space.limit
            for name, space in self.spaces.items()
        ]
        out: NDArray[np.float64] = torch.stack(distances).amax(dim=0).double().numpy()
        return out


@functools.lru_cache(maxsize=8)
def detector(dataset: str) -> Detector:
    """The detector of a dataset, as the dataset was when this process first asked for it.

    Raises
    ------
    UserError
        The dataset is not prepared on this machine.
    """
    if not datasets.is_prepared(dataset):
        raise UserError(f"The dataset {dataset} is not prepared on this machine.")
    train = datasets.load(dataset).train
    digest = hashlib.sha256(train.images[:: max(1, len(train) // 1000)].tobytes()).hexdigest()[:16]
    file = paths.cache() / f"familiar-{digest}-{len(train)}-{REJECTED}.safetensors"
    arrays = array_cache.read(file)
    if arrays is None:
        arrays = _to_arrays(fit(train))
        array_cache.write(file, arrays, {})
    return _from_arrays(arrays)


def fit(train: Examples) -> Detector:
    """Use most training samples as reference, and the others to set the limits."""
    rows = np.random.default_rng(0).permutation(len(train))
    rows = rows[: REFERENCE_SAMPLES + CALIBRATION_SAMPLES]
    cut = max(1, min(REFERENCE_SAMPLES, len(rows) * 5 // 6))
    known, others = train.images[rows[:cut]], train.images[rows[cut:]]
    spaces = {name: _space(features, known, others) for name, features in FEATURES.items()}
    inked = [image / 255 for image in known[:THICKNESS_SAMPLES] if image.any()]
    thickness = [preparation.relative_thickness(ink) for ink in inked]
    return Detector(spaces, float(np.median(thickness)) if thickness else preparation.THICKNESS)


def _space(features: Features, known: NDArray[np.uint8], others: NDArray[np.uint8]) -> Space:
    points = features(known)
    mean = points.mean(dim=0)
    _, vectors = torch.linalg.eigh((points - mean).T @ (points - mean))
    axes = vectors[:, -AXES:].contiguous()
    space = Space(mean, axes, (points - mean) @ axes, 1.0)
    if not len(others):
        return space
    limit = float(_distance(space, features(others)).quantile(1 - REJECTED))
    return Space(space.mean, space.axes, space.known, limit or 1.0)


def _distance(space: Space, features: Tensor) -> Tensor:
    """Mean distance to the nearest reference samples, (n,)."""
    points, n = (features - space.mean) @ space.axes, min(NEIGHBOURS, len(space.known))
    parts = [torch.cdist(x, space.known).topk(n, largest=False).values for x in points.split(256)]
    return torch.cat(parts).mean(dim=1)


def blurred(images: NDArray[np.uint8]) -> Tensor:
    """Pixels blurred by a Gaussian with a standard deviation of one pixel: (n, 784)."""
    soft = ndimage.gaussian_filter(images.astype(np.float32) / 255, (0, 1, 1))
    return torch.from_numpy(soft).flatten(1)


def directions(images: NDArray[np.uint8], bins: int = 8) -> Tensor:
    """Square roots of histograms of gradient directions in 7 x 7 windows: (n, bins * 49)."""
    return torch.cat([_directions(part, bins) for part in torch.from_numpy(images).split(1000)])


def _directions(images: Tensor, bins: int) -> Tensor:
    across = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8  # Sobel's
    kernels = torch.stack([across, across.T])[:, None]
    dx, dy = F.conv2d(images[:, None].float() / 255, kernels, padding=1).unbind(dim=1)
    strength, place = dx.hypot(dy), torch.atan2(dy, dx) / (2 * torch.pi) * bins % bins
    lower, share = place.long() % bins, place.frac()
    votes = torch.zeros(len(images), bins, *images.shape[1:])  # (n, bins, 28, 28)
    votes.scatter_add_(1, lower[:, None], (strength * (1 - share))[:, None])
    votes.scatter_add_(1, ((lower + 1) % bins)[:, None], (strength * share)[:, None])
    histograms = F.avg_pool2d(votes, 8, stride=4, padding=2).flatten(1)
    return F.normalize(histograms, dim=1).sqrt()


FEATURES: dict[str, Features] = {"blurred": blurred, "directions": directions}


def _to_arrays(detector: Detector) -> dict[str, NDArray]:
    arrays = {"thickness": np.array([detector.thickness])}
    for name, space in detector.spaces.items():
        for field in ("mean", "axes", "known"):
            arrays[f"{name}.{field}"] = getattr(space, field).numpy()
        arrays[f"{name}.limit"] = np.array([space.limit])
    return arrays


def _from_arrays(arrays: dict[str, NDArray]) -> Detector:
    spaces = {}
    for name in FEATURES:
        mean, axes, known = (
            torch.from_numpy(arrays[f"{name}.{field}"]) for field in ("mean", "axes", "known")
        )
        spaces[name] = Space(mean, axes, known, float(arrays[f"{name}.limit"][0]))
    return Detector(spaces, float(arrays["thickness"][0]))
