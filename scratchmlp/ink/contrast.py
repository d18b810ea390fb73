"""How much each pixel of a picture differs from the paper around it.

The difference is a distance between colours, along the direction in which the picture differs most
from its paper. The paper near a place is found by a morphological closing: it removes what is
thinner than a window, such as strokes, and keeps light that changes, shadows and what is large.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Colours = NDArray[np.float32]  # (h, w, 3) in [0, 1]
Plane = NDArray[np.floating]  # (h, w)

FLAT, EQUAL = 0.4, 0.25  # of a picture that is no photo nearly, or exactly, the paper's colour
LEAST = 0.04  # a smaller contrast is noise
SMALL = 80  # pixels of the longer edge, where the paper is only roughly needed
LIGHT_ODDS = -1.5  # logarithm of the odds below which the ink is light
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def contrast(picture: NDArray[np.uint8]) -> Plane:
    """The contrast of each pixel of a picture (h, w, 3) with its paper, (h, w); 0 for paper."""
    paper, share = _most_frequent(picture)
    distance = picture.astype(np.float32) / np.float32(255) - paper
    if share > EQUAL and (np.abs(distance).max(axis=2) < 0.02).mean() > FLAT:
        found: Plane = np.linalg.norm(distance, axis=2) / np.sqrt(3)
    else:
        found = _of_photo(distance + paper)
    return found if found.max() >= LEAST else np.zeros_like(found)


def _most_frequent(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """The most frequent colour, and the share of the pixels that have exactly this one."""
    coarse = (picture >> 3) @ np.array([1024, 32, 1], dtype=np.int32)
    inside = picture[coarse == np.bincount(coarse.ravel()).argmax()]
    fine = np.bincount((inside & 7) @ np.array([64, 8, 1], dtype=np.int32))
    most = int(fine.argmax())
    colour = (inside[0] & 248) + np.array([most >> 6, most >> 3 & 7, most & 7], dtype=np.uint8)
    return colour.astype(np.float32) / 255, float(fine[most] / coarse.size)


def _of_photo(colours: Colours) -> Plane:
    axis, is_dark = _ink_direction(colours)
    plane = colours @ axis
    plane = ndimage.gaussian_filter(plane if is_dark else -plane, 0.5)
    window = max(plane.shape) * 3 // 10 | 1
    paper = ndimage.grey_closing(plane, size=window, mode="nearest")
    difference = paper - plane
    if is_dark and axis.min() >= 0:  # ink in a shadow is as dark as ink in the light, in proportion
        difference = difference / np.maximum(paper, 0.25 * np.quantile(paper[::4, ::4], 0.9))
    noise = np.median(difference[::2, ::2])
    return np.maximum(difference - 2 * noise, 0)


def _ink_direction(colours: Colours) -> tuple[NDArray[np.float32], bool]:
    """The direction from paper to ink, towards the light, and whether the ink is the darker one."""
    small = np.stack([_reduced(colours[..., c], SMALL) for c in range(3)], axis=2)
    rest = small - np.stack([_median(small[..., c]) for c in range(3)], axis=2)
    scatter = rest.reshape(-1, 3).T @ rest.reshape(-1, 3)
    axis = np.linalg.eigh(scatter)[1][:, -1].astype(np.float32)
    axis = axis if axis @ LUMINANCE >= 0 else -axis
    return axis / np.abs(axis).sum(), _is_dark(colours @ axis)


def _is_dark(plane: Plane) -> bool:
    """Whether more is darker than its neighbourhood than lighter, over two sizes of it.

    Most ink is dark, so light ink needs clear signs, and clearer ones where the edge is light.
    """
    small = _reduced(plane, SMALL)
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    odds = -LIGHT_ODDS if np.median(edge) > np.quantile(small, (0.02, 0.98)).mean() else 0.0
    for share in (1 / 6, 1 / 3):
        rest = small - _median(small, share)
        dark, light = np.maximum(-rest, 0), np.maximum(rest, 0)
        odds += float(np.log(((dark**2).sum() + 1e-6) / ((light**2).sum() + 1e-6)))
    return odds > LIGHT_ODDS


def _median(plane: Plane, share: float = 1 / 6) -> Plane:
    """The median of the rows, and then of the columns: faster than that of a square."""
    size = int(share * max(plane.shape)) | 1
    median: Plane = ndimage.median_filter(ndimage.median_filter(plane, (1, size)), (size, 1))
    return median


def _reduced(plane: Plane, size: int) -> Plane:
    """The plane with a longer edge of at most `size` pixels."""
    step = -(-max(plane.shape) // size)
    return np.asarray(Image.fromarray(plane).reduce(step), dtype=np.float32)
