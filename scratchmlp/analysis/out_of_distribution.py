"""Does a picture resemble what a network was trained on? Its answer alone does not say.

A network is as sure of a house as of a 4. So a picture is compared with training pictures, by two
measures that fail differently: blurred pixels, which see that ink is in the wrong place, and
histograms of the outline's directions (Dalal & Triggs 2005), which see that it runs the wrong way.
By either it is strange if its nearest training pictures are further away than other training
pictures' nearest are, but for a few. Nothing here is fitted to drawings.
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

KNOWN, PROBES = 20_000, 4_000  # training pictures to compare with, and others to set the limits by
NEIGHBOURS = 8
AXES = 60  # principal components of each measure
STRANGE = 0.006  # share of probes that each measure calls strange: see docs/experiments.md
MEASURED = 300  # pictures whose strokes are measured

Measure = Callable[[NDArray[np.uint8]], Tensor]


@dataclass(frozen=True)
class Space:
    """A measure's principal axes, the known pictures in them, and how far is strange."""

    mean: Tensor  # (features,)
    axes: Tensor  # (features, AXES)
    known: Tensor  # (KNOWN, AXES)
    limit: float


@dataclass(frozen=True)
class Detector:
    """What a dataset looks like: a space for each measure, and how thick its strokes are."""

    spaces: dict[str, Space]
    thickness: float  # pixels of the box, as `preparation.prepare` takes it

    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Of uint8 (n, 28, 28): distance to the known ones by its limit, the larger of the two.

        Above 1 is strange.
        """
        distances = [
            _distance(space, MEASURES[name](images)) / space.limit
            for name, space in self.spaces.items()
        ]
        out: NDArray[np.float64] = torch.stack(distances).amax(dim=0).double().numpy()
        return out


@functools.lru_cache(maxsize=8)
def detector(dataset: str) -> Detector:
    """What a dataset looked like when this process first asked.

    Raises
    ------
    UserError
        It has not been prepared on this machine.
    """
    if not datasets.is_prepared(dataset):
        raise UserError(f"The dataset {dataset} is not prepared on this machine.")
    train = datasets.load(dataset).train
    digest = hashlib.sha256(train.images[:: max(1, len(train) // 1000)].tobytes()).hexdigest()[:16]
    file = paths.cache() / f"familiar-{digest}-{len(train)}-{STRANGE}.safetensors"
    arrays = array_cache.read(file)
    if arrays is None:
        arrays = _to_arrays(measure(train))
        array_cache.write(file, arrays, {})
    return _from_arrays(arrays)


def measure(train: Examples) -> Detector:
    """Look at training pictures: most to compare with, the others to set the limits by."""
    rows = np.random.default_rng(0).permutation(len(train))[: KNOWN + PROBES]
    cut = max(1, min(KNOWN, len(rows) * 5 // 6))
    known, probes = train.images[rows[:cut]], train.images[rows[cut:]]
    spaces = {name: _space(features, known, probes) for name, features in MEASURES.items()}
    thick = [
        preparation.relative_thickness(image / 255) for image in known[:MEASURED] if image.any()
    ]
    return Detector(spaces, float(np.median(thick)) if thick else preparation.THICKNESS)


def _space(features: Measure, known: NDArray[np.uint8], probes: NDArray[np.uint8]) -> Space:
    points = features(known)
    mean = points.mean(dim=0)
    _, vectors = torch.linalg.eigh((points - mean).T @ (points - mean))
    axes = vectors[:, -AXES:].contiguous()
    space = Space(mean, axes, (points - mean) @ axes, 1.0)
    if not len(probes):
        return space
    limit = float(_distance(space, features(probes)).quantile(1 - STRANGE))
    return Space(space.mean, space.axes, space.known, limit or 1.0)


def _distance(space: Space, features: Tensor) -> Tensor:
    """Mean distance to the nearest known pictures, (n,)."""
    points, n = (features - space.mean) @ space.axes, min(NEIGHBOURS, len(space.known))
    parts = [torch.cdist(x, space.known).topk(n, largest=False).values for x in points.split(256)]
    return torch.cat(parts).mean(dim=1)


def blurred(images: NDArray[np.uint8]) -> Tensor:
    """Pixels, blurred by a Gaussian of one pixel: (n, 784)."""
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


MEASURES: dict[str, Measure] = {"blurred": blurred, "directions": directions}


def _to_arrays(detector: Detector) -> dict[str, NDArray]:
    arrays = {"thickness": np.array([detector.thickness])}
    for name, space in detector.spaces.items():
        for field in ("mean", "axes", "known"):
            arrays[f"{name}.{field}"] = getattr(space, field).numpy()
        arrays[f"{name}.limit"] = np.array([space.limit])
    return arrays


def _from_arrays(arrays: dict[str, NDArray]) -> Detector:
    spaces = {}
    for name in MEASURES:
        mean, axes, known = (
            torch.from_numpy(arrays[f"{name}.{field}"]) for field in ("mean", "axes", "known")
        )
        spaces[name] = Space(mean, axes, known, float(arrays[f"{name}.limit"][0]))
    return Detector(spaces, float(arrays["thickness"][0]))
