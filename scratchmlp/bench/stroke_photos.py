"""Pictures of digits with strange strokes, and clean pictures, which are the easiest."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from scratchmlp.bench.sheets import (
    Digit,
    Kind,
    Rng,
    file,
    jpeg,
    light,
    photo,
    placed,
    scan,
    sheet,
)
from scratchmlp.ink.preparation import crop
from scratchmlp.ink.types import Ink


def one_pixel(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(500, 900), share=(0.5, 0.8), pen=(0.001, 0.002), aspect=1.0)
    gaps = ndimage.gaussian_filter(rng.normal(0, 1, page.ink.shape), rng.uniform(1, 3))
    is_drawn = gaps < np.quantile(gaps, rng.uniform(0.75, 1))  # a pen that skips
    return file(((page.ink < 0.3) | ~is_drawn).astype(float))


def hollow(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(300, 800), share=(0.5, 0.8), pen=(0.13, 0.2))
    thick = max(1.5, page.height * rng.uniform(0.012, 0.025))
    inside = ndimage.distance_transform_edt(page.ink > 0.5)
    outside = ndimage.distance_transform_edt(page.ink <= 0.5)
    outline = (thick / 2 + 0.5 - np.abs(inside - outside)).clip(0, 1)
    return scan(page._replace(ink=outline.astype(np.float32)), rng)


def thick(digit: Digit, rng: Rng) -> bytes:
    return scan(sheet(digit, rng, (250, 800), (0.6, 0.85), (0.2, 0.28), 1.0), rng)


def tilted(digit: Digit, rng: Rng) -> bytes:
    angle = float(rng.choice([-20, 20]))

    def turned(height: float, pen: float) -> Ink:
        return crop(ndimage.rotate(digit(height, pen), angle, order=1).clip(0, 1))

    return scan(sheet(turned, rng), rng)


def clean(digit: Digit, rng: Rng) -> bytes:
    return file(1 - sheet(digit, rng).ink)


def clean_photo(digit: Digit, rng: Rng) -> bytes:
    return jpeg(photo(sheet(digit, rng), rng), rng)


def chalk(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    return jpeg(0.2 + 0.6 * page.ink + rng.normal(0, 0.02, page.ink.shape), rng)


def coloured(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    inks = [(30, 50, 180), (200, 20, 30), (250, 220, 0)]
    ink = np.array(inks[int(rng.integers(3))]) / 255
    pixels = page.ink[..., None] * ink + (1 - page.ink[..., None]) * 0.97
    return jpeg(pixels * light(page.size, rng)[..., None] if rng.random() < 0.5 else pixels, rng)


def small_in_a_corner(digit: Digit, rng: Rng) -> bytes:
    tall = rng.uniform(40, 80)
    ink = digit(tall, tall * 0.1)
    whole = np.zeros((700, 900), dtype=np.float32)
    whole[30 : 30 + ink.shape[0], 40 : 40 + ink.shape[1]] = ink
    return file(1 - whole)


def transparent(digit: Digit, rng: Rng) -> bytes:
    alpha = Image.fromarray((sheet(digit, rng).ink * 255).astype(np.uint8))
    picture = Image.new("RGBA", alpha.size, str(rng.choice(["black", "white", "navy"])))
    picture.putalpha(alpha)
    return file(picture)


def palette(digit: Digit, rng: Rng) -> bytes:
    grey = Image.fromarray(((1 - sheet(digit, rng).ink) * 255).astype(np.uint8))
    mode = str(rng.choice(["1", "P", "CMYK", "RGB"]))
    return file(grey.convert(mode), "JPEG" if mode == "CMYK" else "PNG")


def tight_crop(digit: Digit, rng: Rng) -> bytes:
    tall = rng.uniform(60, 400)
    return file(1 - digit(tall, tall * rng.uniform(0.06, 0.14)))


def worst_jpeg(digit: Digit, rng: Rng) -> bytes:
    return file(1 - sheet(digit, rng).ink, "JPEG", quality=3)


def blurred(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    sigma = page.height * rng.uniform(0.02, 0.04)
    return jpeg(1 - 0.8 * ndimage.gaussian_filter(page.ink, sigma), rng)


KINDS: dict[str, Kind] = {
    "strokes of 1 pixel": one_pixel,
    "hollow outlines": hollow,
    "very thick": thick,
    "tilted by 20 degrees": tilted,
    "clean": clean,
    "clean photo": clean_photo,
    "chalk": chalk,
    "blue, red or yellow": coloured,
    "small in a corner": small_in_a_corner,
    "transparent": transparent,
    "palette, 1 bit, CMYK": palette,
    "cropped tightly": tight_crop,
    "JPEG of quality 3": worst_jpeg,
    "blurred": blurred,
}


def pair(left: Digit, right: Digit, rng: Rng, overlap: float) -> bytes:
    """Two digits that touch, or overlap by a share of the narrower one."""
    tall, width = rng.uniform(120, 300), int(rng.uniform(500, 900))
    a, b = (digit(tall * rng.uniform(0.9, 1.1), tall * 0.08) for digit in (left, right))
    high = max(len(a), len(b))
    a, b = (np.pad(x, ((high - len(x), 0), (0, 0))) for x in (a, b))
    whole = np.zeros((high, a.shape[1] + b.shape[1]), dtype=np.float32)
    whole[:, : a.shape[1]] = a
    at = a.shape[1]
    least = max(0, a.shape[1] - b.shape[1])
    while at > least and np.minimum(whole[:, at : at + b.shape[1]], b).max() < 0.5:
        at -= 1
    at = max(least, at - int(overlap * min(a.shape[1], b.shape[1])))
    whole[:, at : at + b.shape[1]] = np.maximum(whole[:, at : at + b.shape[1]], b)
    return scan(placed(crop(whole), (width, int(0.75 * width)), rng), rng)


def letter(text: str, rng: Rng) -> bytes:
    """A printed letter."""
    size = int(rng.uniform(200, 500))
    picture = Image.new("L", (size, size), 255)
    font = ImageFont.load_default(size * rng.uniform(0.4, 0.7))
    ImageDraw.Draw(picture).text((size / 2, size / 2), text, 0, font, "mm")
    return file(picture)
