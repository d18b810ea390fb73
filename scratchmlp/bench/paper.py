"""Photos of ink on paper, made from strokes: grain, a shadow, ruled lines, blur and perspective."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from scratchmlp.bench import sheets
from scratchmlp.ink import strokes
from scratchmlp.ink.strokes import Strokes

SIDE = 480  # pixels of a photo
INKS = ((25, 30, 60), (30, 30, 30), (120, 25, 30))  # blue, black and red
TILT = 0.08  # of the side: how far a corner of the page may move


def photo(pen_strokes: Strokes, rng: np.random.Generator) -> bytes:
    """A JPEG of the strokes on a page, as a phone takes it."""
    placed = strokes.place(pen_strokes, rng.uniform(0.35, 0.6) * SIDE, (SIDE / 2, SIDE / 2))
    ink = strokes.render(placed, rng.uniform(6, 16), SIDE)[..., None]  # (SIDE, SIDE, 1)
    page = _paper(rng)
    colour = np.array(INKS[int(rng.integers(len(INKS)))]) / 255
    drawn = (page * (1 - ink) + colour * ink).clip(0, 1)
    picture = Image.fromarray((drawn * 255).astype("u1"))
    picture = picture.transform(
        picture.size,
        Image.Transform.PERSPECTIVE,
        _tilt(rng),
        Image.Resampling.BICUBIC,
        fillcolor=tuple((page[0, 0] * 255).astype(int)),
    )
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.6)))
    shaded = np.asarray(picture) / 255 * _shadow(rng)[..., None]
    noisy = (shaded + rng.normal(0, 0.012, shaded.shape)).clip(0, 1)
    out = io.BytesIO()
    Image.fromarray((noisy * 255).astype("u1")).save(out, "JPEG", quality=int(rng.integers(55, 92)))
    return out.getvalue()


def _paper(rng: np.random.Generator) -> NDArray[np.float64]:
    """White to yellowish paper with a grain, often ruled or squared: (SIDE, SIDE, 3)."""
    tone = np.array([1.0, 1.0, rng.uniform(0.88, 1.0)]) * rng.uniform(0.82, 0.97)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, (SIDE, SIDE)), rng.uniform(0.8, 3))
    page = tone * (1 + 0.03 * grain / grain.std())[..., None]
    kind, every = int(rng.integers(3)), int(rng.integers(28, 60))
    line = np.array([0.72, 0.8, 0.92])
    if kind > 0:  # ruled
        page[every::every] *= line
        page[every + 1 :: every] *= line
    if kind > 1:  # squared
        page[:, every::every] *= line
    return page


def _shadow(rng: np.random.Generator) -> NDArray[np.float64]:
    """A light that falls off to one side: (SIDE, SIDE)."""
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.45)
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j] - 0.5
    along = x * np.cos(angle) + y * np.sin(angle)
    return 1 - depth / (1 + np.exp(-rng.uniform(3, 9) * along))


def _tilt(rng: np.random.Generator) -> tuple[float, ...]:
    """The coefficients of a perspective that moves each corner a little."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * SIDE
    moved = corners + rng.uniform(-TILT, TILT, (4, 2)) * SIDE
    return sheets.perspective(corners, moved)
