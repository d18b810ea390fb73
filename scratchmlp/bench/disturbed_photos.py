"""Pictures of digits with something beside them that is not the digit."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from scratchmlp.bench.sheets import Digit, Kind, Rng, file, jpeg, perspective, photo, scan, sheet


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
    edges = np.array([[0, 0], [w, 0], [w, h], [0, h]])
    corners = edges + np.array([(size[0] - w) / 2, (size[1] - h) / 2])
    corners += rng.uniform(-0.06, 0.06, (4, 2)) * [w, h]
    to_paper = perspective(corners, edges)
    method, bicubic = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
    flat = np.asarray(paper.transform(size, method, to_paper, bicubic), dtype=float) / 255
    inside = Image.new("L", (w, h), 255).transform(size, method, to_paper, bicubic)
    alpha = np.asarray(inside, dtype=float) / 255
    grain = rng.uniform(0.08, 0.3) + ndimage.gaussian_filter(
        rng.normal(0, 0.15, flat.shape), (1, 9)
    )
    return jpeg(flat * alpha + grain * (1 - alpha), rng)


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
    line = [(float(a), float(b)) for a, b in points]
    return scan(page.drawn(lambda pen: pen.line(line, 255, thick, "curve")), rng)


def printed_line(digit: Digit, rng: Rng) -> bytes:
    page = sheet(digit, rng, sides=(500, 1200), share=(0.35, 0.5))
    font = ImageFont.load_default(max(9, page.height * rng.uniform(0.08, 0.16)))
    left, top = page.box[:2]
    at = left - page.height * rng.uniform(0.3, 0.8), top - page.height * rng.uniform(0.3, 0.45)
    words = str(rng.choice(["Please write a digit:", "Name and date", "Question No. 4", "Total"]))
    return scan(page.drawn(lambda pen: pen.text(at, words, 255, font)), rng)


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
}
