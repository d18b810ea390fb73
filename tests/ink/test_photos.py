"""Ink is found in pictures of every kind, and other files are refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from scratchmlp.errors import UserError
from scratchmlp.ink import photos, pictures, preparation, strokes

SEVEN = strokes.render([[(60, 60), (200, 60), (120, 230)]], 16, 280)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def grey(levels: np.ndarray) -> Image.Image:
    return Image.fromarray((levels.clip(0, 1) * 255).astype(np.uint8))


def resembles(data: bytes, ink: np.ndarray = SEVEN) -> float:
    """Correlation of the prepared picture with the expected one."""
    actual, expected = preparation.prepare(photos.extract_ink(data)), preparation.prepare(ink)
    return float(np.corrcoef(actual.ravel(), expected.ravel())[0, 1])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("ink_is_dark", [True, False])
def test_dark_on_light_and_light_on_dark(kind: str, ink_is_dark: bool) -> None:
    assert resembles(encoded(grey(1 - SEVEN if ink_is_dark else SEVEN), kind)) > 0.97


@pytest.mark.parametrize("colour", ["black", "white", "blue"])
def test_transparent_paper(colour: str) -> None:
    picture = Image.new("RGBA", (280, 280), colour)
    picture.putalpha(grey(SEVEN))
    assert resembles(encoded(picture)) > 0.97


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("scale", [1, 4])
def test_a_photo_is_rotated_by_its_exif_data(kind: str, scale: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise to show it upright
    rotated = grey(1 - SEVEN).rotate(90)
    rotated = rotated.resize((280 * scale, 280 * scale))
    assert resembles(encoded(rotated, kind, exif=exif)) > 0.97
    assert resembles(encoded(rotated, kind)) < 0.9


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_a_large_picture_of_any_kind_becomes_small(mode: str) -> None:
    large = grey(1 - SEVEN).resize((1_680, 1_680))
    wide = Image.fromarray(np.asarray(large, dtype=np.uint16) * 250)
    data = encoded(wide if mode == "I;16" else large.convert(mode))
    assert max(photos.extract_ink(data).shape) <= photos.MAX_EDGE
    assert resembles(data) > 0.97


def page(shadow: float, rules: float) -> np.ndarray:
    """A photo of a page: uneven light, noise, ruled lines."""
    y, x = np.mgrid[:840, :840] / 840
    light = 0.85 - shadow * (x + y) / 2
    ink = np.kron(SEVEN, np.ones((3, 3)))
    lines = (np.arange(840) % 70 < 3)[:, None] * rules
    noise = np.random.default_rng(0).normal(0, 0.012, (840, 840))
    return light * (1 - 0.75 * ink) * (1 - lines) + noise


@pytest.mark.parametrize(("shadow", "rules"), [(0, 0), (0.5, 0), (0, 0.2), (0.4, 0.2)])
def test_a_photo_of_a_page(shadow: float, rules: float) -> None:
    assert resembles(encoded(grey(page(shadow, rules)), "JPEG")) > 0.9


def test_empty_paper_has_no_ink() -> None:
    assert not photos.extract_ink(encoded(Image.new("L", (50, 50), 200))).any()


def test_a_picture_of_mnist_does_not_change() -> None:
    image = preparation.prepare(SEVEN)
    assert (preparation.prepare(photos.extract_ink(encoded(Image.fromarray(image)))) == image).all()


def png_that_claims(width: int, height: int) -> bytes:
    """The header of a PNG of this size, without pixels."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    head = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + head + struct.pack(">I", 10) + b"IDAT"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"these are words", "not a picture that can be read"),
        (b"", "This is an empty file: send a PNG"),
        (encoded(grey(SEVEN))[:200], "damaged or incomplete"),
        (b"%PDF-1.7", "This is a PDF: send a PNG"),
        (png_that_claims(10_000, 5_000), "5,000 pixels\\): at most 10 megapixels"),
        (encoded(Image.new("RGBA", (3_000, 3_000))), "at most 8 megapixels"),
        (encoded(Image.new("L", (3_000, 3_000)), "WEBP"), "at most 6 megapixels"),
        (encoded(Image.new("L", (4_000, 3_000)), "JPEG", progressive=True), "at most 10 mega"),
        (encoded(Image.new("L", (4_000, 3_000)), "AVIF"), "10 megapixels in this format. Send it"),
        (encoded(Image.new("RGBA", (3_000, 2_100)), "AVIF"), "at most 6 megapixels"),
        (encoded(Image.new("RGBA", (3_000, 2_100), "#fff8"), "WEBP"), "at most 5 megapixels"),
        (encoded(Image.new("I;16", (3_000, 3_000))), "at most 8 megapixels"),
        (encoded(Image.new("L", (6_000, 5_000)), "JPEG"), "at most 25 megapixels"),
        (png_that_claims(100_000, 100_000), "too large"),  # a decompression bomb
        (bytes(photos.MAX_FILE_BYTES + 1), "too large"),
    ],
)
def test_a_file_that_is_no_picture_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        photos.extract_ink(data)


@pytest.mark.parametrize("format", ["BMP", "GIF", "TIFF", "AVIF", "WEBP"])
@pytest.mark.parametrize("paper", ["light", "dark"])
def test_every_format_holds_the_same_digit(format: str, paper: str) -> None:
    picture = grey(SEVEN) if paper == "light" else ImageOps.invert(grey(SEVEN))
    expected, found = (
        preparation.prepare(photos.extract_ink(encoded(picture, kind))) for kind in ("PNG", format)
    )
    assert np.abs(expected.astype(int) - found).mean() < 3  # AVIF and WebP lose a little


def test_a_large_photo_of_an_iphone_is_wanted_as_a_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    """To encode one of 24 megapixels takes seconds, so the limit is lower here."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    assert pictures.LIMITS["HEIF"][0] >= 12.2 and pictures.MAX_PIXELS > 24.5e6  # what iPhones make
    monkeypatch.setitem(pictures.LIMITS, "HEIF", (1, 1))
    photo = Image.new("RGB", (1_200, 900))
    with pytest.raises(UserError, match=r"in this format\. Send it as a JPEG, or make it smaller"):
        photos.extract_ink(encoded(photo, "HEIF"))
    assert not photos.extract_ink(encoded(photo, "JPEG")).any()


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_of_an_iphone_is_read_upright(orientation: int) -> None:
    """HEIC, which also says how the telephone was held."""
    import pillow_heif  # a part of the requirements that only this needs

    pillow_heif.register_heif_opener()
    upright = grey(SEVEN).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    held = upright if orientation == 1 else upright.rotate(90, expand=True)
    data = encoded(held, "HEIF", quality=90, exif=exif.tobytes())
    expected = preparation.prepare(photos.extract_ink(encoded(upright)))
    assert np.abs(expected.astype(int) - preparation.prepare(photos.extract_ink(data))).mean() < 4
    with pytest.raises(UserError, match="damaged or incomplete"):
        photos.extract_ink(data[: len(data) // 2])
