"""The picture of a network: well-formed, small, and with nothing in it that comes from outside."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scratchmlp.charts.network import LARGE, SMALL, Drawing, Layer, Size, Unit, svg

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = np.arange(784, dtype=np.uint8).reshape(28, 28)


def parsed(drawing: Drawing, size: Size = LARGE) -> ET.Element:
    found = ET.fromstring(svg(drawing, size)).find(f"{SVG}svg")
    assert found is not None
    return found


def texts(root: ET.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def drawing(*sizes: int, lines: float | None = None, names: tuple[str, ...] = ()) -> Drawing:
    """Layers of these sizes, of which at most ten units are drawn; all lines of one strength."""
    layers = [Layer(n, "units", [Unit(f"unit {i}") for i in range(min(n, 10))]) for n in sizes]
    named = [Unit(name, name=name) for name in names or map(str, range(sizes[-1]))]
    layers[-1] = layers[-1]._replace(units=named[: len(layers[-1].units)])
    drawn = [len(layer.units) for layer in layers]
    shapes = itertools.pairwise(drawn)
    strengths = [None if lines is None else np.full(shape, lines) for shape in shapes]
    return Drawing(PICTURE, layers, strengths, "A network.")


CHARACTERS = st.characters(exclude_categories=("Cc", "Cn", "Cs"))


@given(st.lists(st.text(CHARACTERS, min_size=1, max_size=14), min_size=1, max_size=10))
@example(["<b>bold</b>", '" onload="x', "&lt;", "]]>", "<img src=x>"])
def test_text_from_outside_is_text(names: list[str]) -> None:
    description = "Network: " + " ".join(names)
    made = drawing(3, len(names), names=tuple(names))._replace(description=description)
    root = parsed(made)
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "g", "title", "text", "image", "path", "circle"}
    assert root.get("aria-label") == description
    assert texts(root)[-len(names) :] == names
    assert [title.text for title in root.iter(f"{SVG}title")][-len(names) :] == names


def test_a_long_name_is_cut_and_stays_whole_under_the_pointer() -> None:
    root = parsed(drawing(3, 1, names=("a name as long as a folder's may be",)))
    assert texts(root)[-1] == "a name as lon…"
    assert [title.text for title in root.iter(f"{SVG}title")][-1].endswith("a folder's may be")


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("sizes", [(10,), (128, 10), (800, 10), (64, 32, 16, 8, 26), (4096,) * 7])
def test_a_layer_says_how_many_units_it_has_and_how_many_are_not_drawn(
    sizes: tuple[int, ...], size: Size
) -> None:
    root = parsed(drawing(*sizes), size)
    words = texts(root)
    assert words.count("784") == 1
    assert all(words.count(f"{n:,}") >= sizes.count(n) for n in sizes)
    more = [word for word in words if word.startswith("+")]
    assert [int("".join(filter(str.isdigit, word))) for word in more] == [
        n - 10 for n in sizes if n > 10
    ]
    assert len(root.findall(f".//{SVG}circle")) == sum(min(n, 10) for n in sizes)


@pytest.mark.parametrize("sizes", [(128, 10), (4096,) * 7])
def test_everything_is_inside_the_picture(sizes: tuple[int, ...]) -> None:
    root = parsed(drawing(*sizes, lines=1.0), SMALL)
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    for element in root.iter():
        assert 0 <= float(element.get("x") or element.get("cx") or 0) <= width
        assert 0 <= float(element.get("y") or element.get("cy") or 0) <= height


@pytest.mark.parametrize("strength", [1.0, -1.0, 0.1, 0.0, float("nan")])
def test_strong_lines_are_drawn_and_weak_ones_are_not(strength: float) -> None:
    paths = parsed(drawing(4, 3, lines=strength)).findall(f"{SVG}path")
    between = [path for path in paths if path.get("stroke") != "currentColor"]
    assert [path.get("d", "").count("M") for path in between] == ([12] if strength**2 == 1 else [])


def test_a_unit_is_lit_by_its_level() -> None:
    units = [Unit("a", 0.0), Unit("b", 0.5), Unit("c", -1.0), Unit("d", float("nan"))]
    made = Drawing(None, [Layer(4, "units", units), Layer(1, "classes", [Unit("x")])], [None], "N")
    lit = [c.get("opacity") for c in parsed(made).iter(f"{SVG}circle") if c.get("opacity")]
    assert lit == ["0.5", "1"]
