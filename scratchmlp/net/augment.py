"""Augmentations: small random changes of a picture that do not change which digit it is.

An augmentation takes float pictures (B, 28, 28), paper 0, a generator and a strength, and returns
new ones; with a strength of 2 the changes are twice as large.
A grid says for each pixel of the new picture where to look in the old one, in the coordinates of
`torch.nn.functional.affine_grid`: -1 to 1 over the width.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from scratchmlp.net import choices

ROTATION = math.radians(10)
SCALE = 0.10
SHEAR = 0.15
SHIFT = 1.5 / 14  # 1.5 pixels, in units of half the width
AMPLITUDE = 0.04  # of the elastic field, in the same units
KNOTS = 5  # the field is drawn on 5 x 5 points, and smooth between them

Augmentation = Callable[[Tensor, torch.Generator, float], Tensor]


def unchanged(pictures: Tensor, generator: torch.Generator, strength: float = 1) -> Tensor:
    return pictures


def _uniform(n: int, bound: float, generator: torch.Generator) -> Tensor:
    u = torch.rand(n, generator=generator, device=generator.device)
    return (2 * u - 1) * bound


def _affine_grid(n: int, generator: torch.Generator, strength: float) -> Tensor:
    """A grid (n, 28, 28, 2): rotated, scaled, sheared and shifted, each at random."""
    angle, shear = (
        _uniform(n, strength * ROTATION, generator),
        _uniform(n, strength * SHEAR, generator),
    )
    x, y = (
        1 + _uniform(n, strength * SCALE, generator),
        1 + _uniform(n, strength * SCALE, generator),
    )
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        [
            torch.stack(
                [cos * x, (shear * cos - sin) * y, _uniform(n, strength * SHIFT, generator)], 1
            ),
            torch.stack(
                [sin * x, (shear * sin + cos) * y, _uniform(n, strength * SHIFT, generator)], 1
            ),
        ],
        dim=1,
    )  # (n, 2, 3)
    return F.affine_grid(theta, [n, 1, 28, 28], align_corners=False)


def _elastic_field(n: int, generator: torch.Generator, strength: float) -> Tensor:
    """A smooth random displacement of every pixel, (n, 28, 28, 2).

    Simard, Steinkraus & Platt 2003 blur a field of noise with a wide Gaussian. Noise on a coarse
    grid, enlarged by bicubic interpolation, bends digits as well in a quarter of the time.
    """
    noise = torch.randn(n, 2, KNOTS, KNOTS, generator=generator, device=generator.device)
    field = F.interpolate(noise, size=(28, 28), mode="bicubic", align_corners=True)
    return strength * AMPLITUDE * field.permute(0, 2, 3, 1)


def _sample(pictures: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(pictures[:, None], grid, align_corners=False)[:, 0]


def affine(pictures: Tensor, generator: torch.Generator, strength: float = 1) -> Tensor:
    """Rotate by up to 10 degrees, scale by 10 %, shear by 0.15, shift by 1.5 pixels."""
    return _sample(pictures, _affine_grid(len(pictures), generator, strength))


def elastic(pictures: Tensor, generator: torch.Generator, strength: float = 1) -> Tensor:
    """`affine`, then bend by a smooth random field."""
    n = len(pictures)
    grid = _affine_grid(n, generator, strength)
    return _sample(pictures, grid + _elastic_field(n, generator, strength))


def shift(pictures: Tensor, down: float, across: float) -> Tensor:
    """The same pictures, moved down and to the right by these pixels; fractions are allowed."""
    if not down and not across:
        return pictures
    half = pictures.shape[-1] / 2
    theta = torch.tensor([[[1, 0, -across / half], [0, 1, -down / half]]])
    size = [1, 1, *pictures.shape[1:]]
    grid = F.affine_grid(theta, size, align_corners=False)
    return _sample(pictures, grid.expand(len(pictures), -1, -1, -1))


AUGMENTATIONS: dict[str, Augmentation] = choices.implemented(choices.AUGMENTATIONS, globals())
