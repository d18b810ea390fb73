"""A percentage is rounded, and says no more than is true."""

import json
import re

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.figures import decimal, decimal_expression, percent, significant
from scratchmlp.figures import percent_expression as expression
from tests.conftest import ROOT

TEXT = {"field": "text", "type": "nominal"}
shares = st.floats(0, 1) | st.sampled_from([0, 1e-9, 0.0005, 0.9995, 0.9997, 0.9999, 1 - 1e-9, 1])


@given(shares, st.integers(0, 4))
def test_only_one_is_100_percent_and_only_zero_is_0_percent(share: float, decimals: int) -> None:
    text = percent(share, decimals)
    assert (text == f"{1:.{decimals}%}") == (share == 1)
    assert (text == f"{0:.{decimals}%}") == (share == 0)
    number, half = float(text.strip("<>%")) / 100, 0.5 * 10.0 ** -(decimals + 2)
    if text[0] == ">":
        assert share > number
    elif text[0] == "<":
        assert share < number
    else:
        assert abs(share - number) <= half * 1.0001


@given(shares, shares, st.integers(0, 4))
def test_a_larger_share_is_never_printed_as_a_smaller_one(a: float, b: float, n: int) -> None:
    low, high = (float(percent(share, n).strip("<>%")) for share in sorted((a, b)))
    assert low <= high


def test_what_no_share_is_printed_as() -> None:
    assert percent(float("nan")) == percent(float("inf")) == "NaN"
    assert percent(0.9997, 1) == ">99.9%" and percent(49_999 / 50_000) == ">99.99%"
    assert percent(9_999 / 10_000) == "99.99%"
    assert percent(11_775 / 12_000) == "98.13%"


@pytest.mark.parametrize("decimals", [0, 1, 2, 4])
def test_a_chart_prints_the_same(decimals: int) -> None:
    values = [0, 1e-9, 0.0004, 0.0123, 0.5, 0.98765, 0.9997, 0.99996, 1 - 1e-9, 1]
    values += [right / 12_000 for right in range(11_400, 11_800, 3)]  # many end in a half
    spec = {
        "data": {"values": [{"p": value} for value in values]},
        "transform": [{"calculate": expression("p", decimals), "as": "text"}],
        "mark": "text",
        "encoding": {"y": {"field": "p", "type": "ordinal", "axis": None}, "text": TEXT},
    }
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    drawn = [text.replace("&gt;", ">").replace("&lt;", "<") for text in drawn]
    assert drawn == [percent(value, decimals) for value in values]


@given(st.floats(-1e300, 1e300))
def test_a_number_of_any_size_is_short_and_right(number: float) -> None:
    text = decimal(number)
    assert len(text) <= 11
    assert float(text) == pytest.approx(number, rel=0.06, abs=0.00006)


@pytest.mark.parametrize(
    ("number", "text"),
    [(2.302585, "2.3"), (0.00123, "0.00123"), (15.53, "15.5"), (1.24e27, "1.24e27")],
)
def test_three_digits_count(number: float, text: str) -> None:
    assert significant(number) == text


def test_a_chart_prints_the_same_numbers() -> None:
    values = [0.06123, 2.302585, -1.5, 99_999.9, 1e5, 5.2007e17, 1.5e300]
    spec = {
        "data": {"values": [{"loss": value} for value in values]},
        "transform": [{"calculate": decimal_expression("loss"), "as": "text"}],
        "mark": "text",
        "encoding": {"y": {"field": "loss", "type": "ordinal", "axis": None}, "text": TEXT},
    }
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert [text.replace("\u2212", "-") for text in drawn] == [decimal(value) for value in values]


def test_no_other_module_prints_a_percentage_by_a_format_of_its_own() -> None:
    own = re.compile(r"[:'\"]\.\d%")
    files = [path for path in ROOT.glob("scratchmlp/**/*.py") if "bench" not in path.parts]
    lines = {
        f"{path.name}: {line.strip()}"
        for path in files
        if path.name != "figures.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if own.search(line) and "axis=alt.Axis(" not in line and "style='width" not in line
    }
    assert lines == set()
