"""Pictures of digits as people send them: `KINDS` names each disturbance and draws it.

A kind is a function of a `Digit` and a random generator, and returns the bytes of a file. Sizes,
places, noise and JPEG quality are random. Nothing in `ink` is chosen for these pictures alone.
"""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from scratchmlp.ink import strokes
from scratchmlp.ink.preparation import Ink
from scratchmlp.ink.strokes import Strokes

Rng = np.random.Generator
Digit = Callable[[float, float], Ink]  # (height, pen) -> the ink of a digit, cropped
Kind = Callable[[Digit, Rng], bytes]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


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

    def drawn(self, draw: Callable[[ImageDraw.ImageDraw], object], strength: float = 1.0) -> "Sheet":
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
        return _cropped(strokes.render(placed, pen, side))

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


def _cropped(ink: Ink) -> Ink:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


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
    return rng.uniform(0.72, 0.9) + fall * rng.uniform(0, 1) * (x * np.cos(angle) + y * np.sin(angle))


def photo(
    page: Sheet, rng: Rng, contrast: float = 0.8, lit: NDArray | None = None, blur: float = 1.5
) -> NDArray:
    """A photo of the sheet: grey (h, w), with light, blur and noise."""
    lit = light(page.size, rng) if lit is None else lit
    clear = lit * (1 - contrast * page.ink)
    soft = ndimage.gaussian_filter(clear, rng.uniform(0.4, blur))
    return soft + rng.normal(0, rng.uniform(0.004, 0.015), soft.shape)


def jpeg(pixels: NDArray, rng: Rng) -> bytes:
    return file(pixels, "JPEG", quality=int(rng.integers(55, 95)))


def scan(page: Sheet, rng: Rng) -> bytes:
    """Half of the time a clean picture, half of the time a photo."""
    if rng.random() < 0.5:
        return file(1 - page.ink)
    return jpeg(photo(page, rng), rng)


# What is not the digit


def thumb(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    pixels, (w, h) = photo(page, rng), page.size
    x, y = rng.choice([0, w]), rng.choice([0, h])
    radius = min(w, h) * rng.uniform(0.18, 0.3)
    shape = Image.new("L", (w, h))
    box = (x - radius, y - 1.3 * radius, x + radius, y + 1.3 * radius)
    pen = ImageDraw.Draw(shape)
    pen.rectangle(box, 255) if rng.random() < 0.3 else pen.ellipse(box, 255)
    mask = np.asarray(shape.filter(ImageFilter.GaussianBlur(rng.uniform(0, 3)))) / 255
    skin = rng.uniform(0.3, 0.6) * np.array([1, 0.75, 0.62] if rng.random() < 0.6 else [1, 1, 1])
    colours = pixels[..., None] * (1 - mask[..., None]) + mask[..., None] * skin
    return jpeg(colours, rng)


def strip(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    pixels = photo(page, rng) if rng.random() < 0.6 else 1 - page.ink
    width = int(min(page.size) * rng.uniform(0.02, 0.12))
    turns = int(rng.integers(4))
    turned = np.rot90(pixels, turns).copy()
    turned[:, :width] = rng.uniform(0, 0.35) * (1 + rng.normal(0, 0.02, (len(turned), width)))
    return jpeg(np.rot90(turned, -turns), rng)


def scanner_border(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng)
    pixels = photo(page, rng, blur=0.5) if rng.random() < 0.4 else 1 - page.ink
    width = int(min(page.size) * rng.uniform(0.02, 0.09))
    return file(np.pad(pixels, width, constant_values=rng.uniform(0, 0.15)))


def desk(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, share=(0.3, 0.6))
    w, h = page.size
    paper = Image.fromarray((photo(page, rng).clip(0, 1) * 255).astype(np.uint8))
    grow = 1 / rng.uniform(0.65, 0.85)
    size = int(w * grow), int(h * grow)
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]]) + [(size[0] - w) / 2, (size[1] - h) / 2]
    corners += rng.uniform(-0.06, 0.06, (4, 2)) * [w, h]
    to_paper = _perspective(corners, np.array([[0, 0], [w, 0], [w, h], [0, h]]))
    method, bicubic = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
    flat = np.asarray(paper.transform(size, method, to_paper, bicubic), dtype=float) / 255
    inside = Image.new("L", (w, h), 255).transform(size, method, to_paper, bicubic)
    alpha = np.asarray(inside, dtype=float) / 255
    grain = rng.uniform(0.08, 0.3) + ndimage.gaussian_filter(rng.normal(0, 0.15, flat.shape), (1, 9))
    return jpeg(flat * alpha + grain * (1 - alpha), rng)


def _perspective(source: NDArray, target: NDArray) -> tuple[float, ...]:
    """The eight coefficients that map each corner of `source` to that of `target`."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return tuple(np.linalg.solve(np.array(rows), target.ravel()))


def holes(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, share=(0.35, 0.6))
    pixels, (w, h) = photo(page, rng), page.size
    radius, n = h * rng.uniform(0.02, 0.035), int(rng.integers(2, 5))
    shape = Image.new("L", (w, h))
    for y in (np.arange(n) + 0.5) * h / n:
        x = 0.05 * w
        ImageDraw.Draw(shape).ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    mask = np.asarray(shape.filter(ImageFilter.GaussianBlur(1))) / 255
    return jpeg(pixels * (1 - mask) + mask * rng.uniform(0.02, 0.3), rng)


def specks(n: int, size: tuple[float, float]) -> Kind:
    def kind(digit: Digit, rng: Rng) -> bytes:
        page = sheet(digit, rng, sides=(600, 1200))

        def draw(pen: ImageDraw.ImageDraw) -> None:
            for _ in range(n):
                x, y, r = *rng.uniform(0, page.size), rng.uniform(*size) / 2
                pen.ellipse((x - r, y - r, x + r, y + r), 255)

        return scan(page.drawn(draw), rng)

    return kind


def ruled(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(500, 1200))
    step = page.size[1] * rng.uniform(0.06, 0.12)
    tilt, thick = rng.uniform(-0.015, 0.015), int(rng.integers(1, 4))
    margin = rng.uniform(0.08, 0.18) * page.size[0]
    w, h = page.size

    def rules(pen: ImageDraw.ImageDraw) -> None:
        for y in np.arange(step / 2, h, step):
            pen.line((0, y, w, y + tilt * w), 255, thick)
        pen.line((margin, 0, margin - tilt * h, h), 255, thick)

    return jpeg(photo(page.drawn(rules, rng.uniform(0.25, 0.6)), rng), rng)


def underline(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, share=(0.3, 0.55))
    left, _, right, bottom = page.box
    tall, thick = page.height, max(1, round(page.height * rng.uniform(0.02, 0.09)))
    y, reach = bottom + tall * rng.uniform(0.1, 0.3), tall * rng.uniform(0.15, 0.6)
    slope = rng.uniform(-0.05, 0.05) * tall
    line = left - reach, y, right + reach, y + slope
    return scan(page.drawn(lambda pen: pen.line(line, 255, thick)), rng)


def box(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, share=(0.3, 0.55))
    gap = page.height * rng.uniform(0.15, 0.45)
    thick = max(1, round(page.height * rng.uniform(0.01, 0.06)))
    left, top, right, bottom = page.box
    half, x, y = page.height / 2 + gap, (left + right) / 2, (top + bottom) / 2
    frame = x - half, y - half, x + half, y + half
    if rng.random() < 0.5:
        return scan(page.drawn(lambda pen: pen.rectangle(frame, outline=255, width=thick)), rng)
    a, b = np.array(frame[:2]), np.array(frame[2:])
    corners = [a, (b[0], a[1]), b, (a[0], b[1])]
    line = [tuple(np.array(c) + rng.normal(0, 0.03 * page.height, 2)) for c in corners]
    return scan(page.drawn(lambda pen: pen.line([*line, line[0]], 255, thick, "curve")), rng)


def circle(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, share=(0.3, 0.55))
    left, top, right, bottom = page.box
    thick = max(1, round(page.height * rng.uniform(0.01, 0.06)))
    radius = np.hypot(right - left, bottom - top) / 2 + page.height * rng.uniform(0.08, 0.3)
    at = np.linspace(0, 2 * np.pi * rng.uniform(0.99, 1.1), 90)
    wobble = 1 + 0.04 * np.sin(2 * at + rng.uniform(0, 6))
    x, y = (left + right) / 2, (top + bottom) / 2
    points = np.stack([x + radius * wobble * np.cos(at), y + radius * wobble * np.sin(at)], 1)
    points = [(float(a), float(b)) for a, b in points]
    return scan(page.drawn(lambda pen: pen.line(points, 255, thick, "curve")), rng)


def printed_line(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(500, 1200), share=(0.35, 0.5))
    font = ImageFont.load_default(max(9, page.height * rng.uniform(0.08, 0.16)))
    left, top = page.box[:2]
    at = left - page.height * rng.uniform(0.3, 0.8), top - page.height * rng.uniform(0.3, 0.45)
    words = str(rng.choice(["Please write a digit:", "Name and date", "Question No. 4", "Total"]))
    return scan(page.drawn(lambda pen: pen.text(at, words, 255, font)), rng)


# Contrast


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

    return jpeg(photo(page.drawn(squares, rng.uniform(0.15, 0.4)), rng, 0.8, _shadow(page, rng)), rng)


def close_16_bits(digit: Digit, rng: Rng) -> bytes:
    ink = sheet(digit, rng, sides=(200, 700)).ink
    base, span = rng.uniform(10_000, 60_000), rng.uniform(400, 4_000)
    return file(Image.fromarray((base - span * ink).astype(np.uint16)))


def same_luminance(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(200, 800))
    pairs = [((255, 0, 0), (0, 130, 0)), ((0, 150, 0), (60, 110, 255)), ((200, 60, 60), (60, 130, 60))]
    ink, paper = (np.array(c) / 255 for c in pairs[int(rng.integers(len(pairs)))])
    pixels = page.ink[..., None] * ink + (1 - page.ink[..., None]) * paper
    if rng.random() < 0.5:
        return jpeg(pixels * light(page.size, rng)[..., None], rng)
    return file(pixels)


# Strokes


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
        return _cropped(ndimage.rotate(digit(height, pen), angle, order=1).clip(0, 1))

    return scan(sheet(turned, rng), rng)


# Clean pictures, which were read before


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
    "thumb in a corner": thumb,
    "dark strip at an edge": strip,
    "scanner's border": scanner_border,
    "paper on a dark desk": desk,
    "punched holes": holes,
    "one speck of 7 pixels": specks(1, (6, 9)),
    "twelve specks of 8": specks(12, (5, 9)),
    "ruled, with a margin line": ruled,
    "underlined": underline,
    "in a box": box,
    "in a circle": circle,
    "a printed line above": printed_line,
    "pencil, 15% contrast": pencil(0.13, 0.18),
    "faint pencil": pencil(0.2, 0.35),
    "shadow's edge": shadow,
    "pencil and a shadow's edge": shadowed_pencil,
    "graph paper in shadow": graph_paper,
    "16 bits, close values": close_16_bits,
    "colours of one luminance": same_luminance,
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
    return scan(placed(_cropped(whole), (width, int(0.75 * width)), rng), rng)


def letter(text: str, rng: Rng) -> bytes:
    """A printed letter."""
    size = int(rng.uniform(200, 500))
    picture = Image.new("L", (size, size), 255)
    font = ImageFont.load_default(size * rng.uniform(0.4, 0.7))
    ImageDraw.Draw(picture).text((size / 2, size / 2), text, 0, font, "mm")
    return file(picture)
