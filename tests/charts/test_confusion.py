"""The confusion matrix: every label can be read, and what is chosen is marked."""

import itertools
import re
import string

import pandas as pd
import pytest

from scratchmlp.charts.confusion import LABEL, TITLE, confusion_chart, least_width
from scratchmlp.charts.theme import svg

LETTERS = list(string.ascii_lowercase)
WORDS = [f"class {letter}" for letter in LETTERS]
NUMBERS = [str(number) for number in range(10, 36)]
LONG = [f"{letter}ardvarkling" for letter in LETTERS]
PHONE, LAPTOP = 300, 1060  # pixels, the width of the squares


def cells(names: list[str], count: int = 1234) -> pd.DataFrame:
    pairs = [(truth, prediction) for truth in names for prediction in names]
    table = pd.DataFrame(pairs, columns=["truth", "prediction"])
    return table.assign(count=count, rate=0.5)


def texts(picture: str, name: str) -> list[tuple[float, float, str]]:
    """Each text that can be seen: where it is, from the left and from the top."""
    found = re.findall(
        r'<text[^>]*transform="translate\(([-\d.]+),([-\d.]+)\)[^>]*?(?:opacity="([\d.]+)")?>([^<]*)</text>',
        picture,
    )
    return [(float(x), float(y), t) for x, y, opacity, t in found if t == name and opacity != "0"]


@pytest.mark.parametrize("width", [PHONE, LAPTOP])
@pytest.mark.parametrize("names", [LETTERS, WORDS, NUMBERS, list("0123456789"), WORDS[:8], LONG])
def test_every_class_has_its_labels_and_none_overlap(names: list[str], width: int) -> None:
    width = max(width, least_width(names) - LABEL - TITLE)  # a phone scrolls the others into view
    picture = svg(confusion_chart(cells(names), names, rates=False).properties(width=width))
    columns, rows = [], []
    for name in names:
        places = texts(picture, name)
        assert len(places) == 2, name
        (x, _, _), (_, y, _) = sorted(places, key=lambda place: -place[0])
        columns.append(x)
        rows.append(y)
    size = float(re.findall(r'font-size="([\d.]+)px"[^>]*>' + names[0], picture)[0])
    assert size >= 10
    is_upright = "rotate(270)" not in picture.split(f">{names[0]}<")[0].rsplit("<text", 1)[1]
    needed = 0.6 * size * max(map(len, names)) if is_upright else size
    assert min(b - a for a, b in itertools.pairwise(columns)) >= needed
    assert min(b - a for a, b in itertools.pairwise(rows)) >= size


@pytest.mark.parametrize("n", [8, 26])
def test_a_longer_name_is_shortened_and_leaves_the_squares_their_room(n: int) -> None:
    names = [f"{letter} is the first letter of this class" for letter in LETTERS[:n]]
    picture = svg(confusion_chart(cells(names), names, rates=False).properties(width=PHONE))
    assert re.search(r">a is the fir[^<]*…<", picture)
    whole = float(re.findall(r'<svg[^>]*width="([\d.]+)"', picture)[0])
    assert whole <= PHONE + LABEL + TITLE
    assert picture.count("truth: a is the first letter of this class;") == n


def test_only_many_classes_need_more_width_than_a_phone_has() -> None:
    assert least_width(LETTERS[:12]) == 0
    assert 358 < least_width(LONG) < 1120
    assert least_width(["a"] * 1000) == 0


def test_a_number_that_does_not_fit_is_left_out() -> None:
    chart = confusion_chart(cells(LETTERS), LETTERS, rates=False)
    assert not texts(svg(chart.properties(width=PHONE)), "1,234")
    assert len(texts(svg(chart.properties(width=LAPTOP)), "1,234")) == 26 * 26


@pytest.mark.parametrize(
    ("marked", "squares"), [(("", ""), 0), (("c", "e"), 1), (("c", ""), 26), (("", "e"), 26)]
)
def test_what_is_chosen_has_a_frame(marked: tuple[str, str], squares: int) -> None:
    chart = confusion_chart(cells(LETTERS), LETTERS, rates=False, marked=marked)
    picture = svg(chart.properties(width=LAPTOP))
    assert (
        len(re.findall(r'<path[^>]*stroke="#[0-9a-fA-F]{6}"[^>]*stroke-width="3"', picture))
        == squares
    )
