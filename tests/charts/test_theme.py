"""Colours of charts can be seen on the pages of both themes."""

import tomllib

import pytest

from scratchmlp.charts.theme import CLASSES
from tests.conftest import ROOT

LEAST = 3.0  # contrast of a line, WCAG 2.2, 1.4.11
THEMES = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("color", CLASSES)
def test_a_line_has_enough_contrast(color: str, theme: str) -> None:
    assert contrast(color, THEMES[theme]["backgroundColor"]) >= LEAST


def contrast(one: str, other: str) -> float:
    """By WCAG 2: 1 for equal colours, 21 for black and white."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
