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
from safetensors.numpy import load_file
from scipy import ndimage
from torch import Tensor

from scratchmlp import paths
from scratchmlp.data import array_cache, datasets, sources
from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.ink import preparation

REFERENCE_SAMPLES = 20_000  # training samples that an image is compared with
CALIBRATION_SAMPLES = 4_000  # other training samples, which set the limits
NEIGHBOURS = 8
AXES = 60  # principal components of each kind of features
REJECTED = 0.006  # share of calibration samples above each limit: see docs/experiments.md
SHIPPED = paths.SHIPPED / "detector.safetensors"
SHIPPED_SAMPLES, SHIPPED_AXES = 12_000, 40
SHIPPED_REJECTED = 0.01  # fewer samples notice less, so the limits are tighter
LEVELS = 15  # of a coordinate that is shipped: four bits
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

    That of the pictures from which `hands` learned comes with the program.

    Raises
    ------
    UserError
        The dataset is not prepared on this machine.
    """
    if dataset == sources.MIXED:
        return unpack(load_file(SHIPPED))
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
    known, others = _divide(train)
    spaces = {name: _space(features, known, others) for name, features in FEATURES.items()}
    inked = [image / 255 for image in known[:THICKNESS_SAMPLES] if image.any()]
    thickness = [preparation.relative_thickness(ink) for ink in inked]
    return Detector(spaces, float(np.median(thickness)) if thickness else preparation.THICKNESS)


def _divide(train: Examples) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The images of the reference, and those that set the limits."""
    rows = np.random.default_rng(0).permutation(len(train))
    rows = rows[: REFERENCE_SAMPLES + CALIBRATION_SAMPLES]
    cut = max(1, min(REFERENCE_SAMPLES, len(rows) * 5 // 6))
    return train.images[rows[:cut]], train.images[rows[cut:]]


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


# --- the detector that comes with the program -----------------------------------------------------


def pack(detector: Detector, train: Examples) -> dict[str, NDArray]:
    """A detector in few bytes: fewer samples and axes, and coarse coordinates.

    Its limits are set anew, on the same samples as `fit` sets them.
    """
    _, others = _divide(train)
    arrays: dict[str, NDArray] = {"thickness": np.array([detector.thickness])}
    for name, space in detector.spaces.items():
        known = space.known[:SHIPPED_SAMPLES, -SHIPPED_AXES:]
        low, high = known.quantile(0.001, dim=0), known.quantile(0.999, dim=0)
        levels = ((known - low) / (high - low)).clamp(0, 1).mul(LEVELS).round().byte().numpy()
        arrays |= {
            f"{name}.mean": space.mean.half().numpy(),
            f"{name}.axes": space.axes[:, -SHIPPED_AXES:].contiguous().half().numpy(),
            f"{name}.low": low.numpy(),
            f"{name}.high": high.numpy(),
            f"{name}.known": levels[:, ::2] << 4 | levels[:, 1::2],
            f"{name}.limit": np.array([1.0]),
        }
    for name, space in unpack(arrays).spaces.items():
        distances = _distance(space, FEATURES[name](others))
        arrays[f"{name}.limit"] = np.array([float(distances.quantile(1 - SHIPPED_REJECTED))])
    return arrays


def unpack(arrays: dict[str, NDArray]) -> Detector:
    """The detector that `pack` made small."""
    full = {"thickness": arrays["thickness"]}
    for name in FEATURES:
        both = arrays[f"{name}.known"]
        levels = np.stack([both >> 4, both & LEVELS], axis=2).reshape(len(both), -1)
        low, high = arrays[f"{name}.low"], arrays[f"{name}.high"]
        full[f"{name}.known"] = (levels / LEVELS * (high - low) + low).astype(np.float32)
        full[f"{name}.limit"] = arrays[f"{name}.limit"]
        for field in ("mean", "axes"):
            full[f"{name}.{field}"] = arrays[f"{name}.{field}"].astype(np.float32)
    return _from_arrays(full)
