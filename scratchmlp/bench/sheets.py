"""Sheets of paper with a digit on them, and photos and scans of them, for the photo benchmark."""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from scratchmlp.ink import strokes
from scratchmlp.ink.preparation import crop
from scratchmlp.ink.strokes import Strokes
from scratchmlp.ink.types import Ink

Rng = np.random.Generator
Digit = Callable[[float, float], Ink]  # (height, pen) -> the ink of a digit, cropped
Kind = Callable[[Digit, Rng], bytes]


class Sheet(NamedTuple):
    """Ink on a sheet, and the box of the digit on it: left, top, right, bottom."""

    ink: Ink
    box: tuple[int, int, int, int]

    @property
    def size(self) -> tuple[int, int]:
        return self.ink.shape[1], self.ink.shape[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    def drawn(
        self, draw: Callable[[ImageDraw.ImageDraw], object], strength: float = 1.0
    ) -> "Sheet":
        """The sheet with more ink on it."""
        layer = Image.new("L", self.size)
        draw(ImageDraw.Draw(layer))
        soft = np.asarray(layer.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32) / 255
        return self._replace(ink=np.maximum(self.ink, strength * soft))


def of_strokes(pen_strokes: Strokes) -> Digit:
    def digit(height: float, pen: float) -> Ink:
        points = np.array([p for stroke in pen_strokes for p in stroke], dtype=float)
        wide, high = np.ptp(points, axis=0)
        size = height * max(1.0, wide / max(high, 1e-9)) - pen
        side = int(size + 3 * pen + 4)
        placed = strokes.place(pen_strokes, max(size, 4), (side / 2, side / 2))
        return crop(strokes.render(placed, pen, side))

    return digit


def of_image(image: NDArray[np.uint8]) -> Digit:
    """A picture of MNIST, enlarged; its pen is what it is."""

    def digit(height: float, pen: float) -> Ink:
        small = Image.fromarray(image)
        small = small.crop(small.getbbox())
        width = round(small.width * height / small.height)
        large = small.resize((max(1, width), round(height)), Image.Resampling.BICUBIC)
        return (np.asarray(large, dtype=np.float32) / 255 * 4 - 1.5).clip(0, 1)

    return digit


def sheet(
    digit: Digit,
    rng: Rng,
    sides: tuple[float, float] = (300, 1200),
    share: tuple[float, float] = (0.3, 0.6),
    pen: tuple[float, float] = (0.05, 0.13),
    aspect: float = 0.75,
) -> Sheet:
    """A digit somewhere on a sheet; `share` and `pen` are relative to the sheet and the digit."""
    width = int(rng.uniform(*sides))
    height = int(width * aspect)
    tall = height * rng.uniform(*share)
    return placed(digit(tall, max(1.0, tall * rng.uniform(*pen))), (width, height), rng)


def placed(ink: Ink, size: tuple[int, int], rng: Rng, spread: float = 0.5) -> Sheet:
    """The ink on a sheet of at least this size, at random about its middle; 0: in its middle."""
    width, height = max(size[0], ink.shape[1] + 8), max(size[1], ink.shape[0] + 8)
    room = width - ink.shape[1], height - ink.shape[0]
    left, top = (int(r / 2 + rng.uniform(-0.5, 0.5) * spread * r) for r in room)
    whole = np.zeros((height, width), dtype=np.float32)
    whole[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return Sheet(whole, (left, top, left + ink.shape[1], top + ink.shape[0]))


def file(pixels: NDArray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of a file; float pixels are from 0 to 1."""
    out = io.BytesIO()
    if not isinstance(pixels, Image.Image):
        pixels = Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))
    pixels.save(out, kind, **options)
    return out.getvalue()


def light(size: tuple[int, int], rng: Rng, fall: float = 0.25) -> NDArray:
    """Light that falls on a sheet from one side, (h, w)."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, size[0]), np.linspace(-0.5, 0.5, size[1]))
    angle = rng.uniform(0, 2 * np.pi)
    return rng.uniform(0.72, 0.9) + fall * rng.uniform(0, 1) * (
        x * np.cos(angle) + y * np.sin(angle)
    )


def photo(
    page: Sheet, rng: Rng, contrast: float = 0.8, lit: NDArray | None = None, blur: float = 1.5
) -> NDArray:
    """A photo of the sheet: grey (h, w), with light, blur and noise."""
    lit = light(page.size, rng) if lit is None else lit
    clear = lit * (1 - contrast * page.ink)
    soft = ndimage.gaussian_filter(clear, rng.uniform(0.4, blur))
    return soft + rng.normal(0, rng.uniform(0.004, 0.015), soft.shape)


def perspective(source: NDArray, target: NDArray) -> tuple[float, ...]:
    """The eight coefficients that map each corner of `source` to that of `target`."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return tuple(np.linalg.solve(np.array(rows), target.ravel()))


def jpeg(pixels: NDArray, rng: Rng) -> bytes:
    return file(pixels, "JPEG", quality=int(rng.integers(55, 95)))


def scan(page: Sheet, rng: Rng) -> bytes:
    """Half of the time a clean picture, half of the time a photo."""
    if rng.random() < 0.5:
        return file(1 - page.ink)
    return jpeg(photo(page, rng), rng)
