"""Pictures of digits whose ink differs little from the paper, or from its shadow."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from scratchmlp.bench.sheets import Digit, Kind, Rng, Sheet, file, jpeg, light, photo, sheet


def pencil(low: float, high: float) -> Kind:
    def kind(digit: Digit, rng: Rng) -> bytes:
        page = sheet(digit, rng, pen=(0.04, 0.1))
        grain = ndimage.gaussian_filter(rng.normal(0, 1, page.ink.shape), 0.8)
        grained = page._replace(ink=page.ink * (1 + 0.35 * grain).clip(0.3, 1.2))
        lit = light(page.size, rng, 0.4)
        return jpeg(photo(grained, rng, rng.uniform(low, high), lit, 1.0), rng)

    return kind


def shadow(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    return jpeg(photo(page, rng, 0.75, _shadow(page, rng)), rng)


def _shadow(page: Sheet, rng: Rng) -> NDArray:
    """Light with a shadow whose edge goes through the digit."""
    w, h = page.size
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    angle = rng.uniform(0, 2 * np.pi)
    left, top, right, bottom = page.box
    away = (x - (left + right) / 2) * np.cos(angle) + (y - (top + bottom) / 2) * np.sin(angle)
    edge = 1 / (1 + np.exp(-away / (page.height * rng.uniform(0.01, 0.12))))
    return light(page.size, rng) * (1 - rng.uniform(0.4, 0.7) * edge)


def shadowed_pencil(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    return jpeg(photo(page, rng, rng.uniform(0.25, 0.4), _shadow(page, rng), 1.0), rng)


def graph_paper(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(600, 1200))
    (w, h), step = page.size, page.height * rng.uniform(0.12, 0.3)

    def squares(pen: ImageDraw.ImageDraw) -> None:
        for x in np.arange(step / 3, w, step):
            pen.line((x, 0, x, h), 255, int(rng.integers(1, 3)))
        for y in np.arange(step / 3, h, step):
            pen.line((0, y, w, y), 255, int(rng.integers(1, 3)))

    return jpeg(
        photo(page.drawn(squares, rng.uniform(0.15, 0.4)), rng, 0.8, _shadow(page, rng)), rng
    )


def close_16_bits(digit: Digit, rng: Rng) -> bytes:
    ink = sheet(digit, rng, sides=(200, 700)).ink
    base, span = rng.uniform(10_000, 60_000), rng.uniform(400, 4_000)
    return file(Image.fromarray((base - span * ink).astype(np.uint16)))


def same_luminance(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(200, 800))
    pairs = [
        ((255, 0, 0), (0, 130, 0)),
        ((0, 150, 0), (60, 110, 255)),
        ((200, 60, 60), (60, 130, 60)),
    ]
    ink, paper = (np.array(c) / 255 for c in pairs[int(rng.integers(len(pairs)))])
    pixels = page.ink[..., None] * ink + (1 - page.ink[..., None]) * paper
    if rng.random() < 0.5:
        return jpeg(pixels * light(page.size, rng)[..., None], rng)
    return file(pixels)


KINDS: dict[str, Kind] = {
    "pencil, 15% contrast": pencil(0.13, 0.18),
    "faint pencil": pencil(0.2, 0.35),
    "shadow's edge": shadow,
    "pencil and a shadow's edge": shadowed_pencil,
    "graph paper in shadow": graph_paper,
    "16 bits, close values": close_16_bits,
    "colours of one luminance": same_luminance,
}
