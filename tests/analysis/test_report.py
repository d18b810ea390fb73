"""The report: one file, its figures the table's, and strangers' words as words."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from scratchmlp.analysis import evaluation, report
from scratchmlp.charts.theme import FORMATS
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.network import Network


def made(network: Network, dataset: Dataset, classes: tuple[str, ...]) -> str:
    net = replace(network, classes=classes)
    table = evaluation.predict(net, dataset.test)
    about = report.about(net, "abc", "my <b>run</b>", dataset.name, "Test")
    return report.html("A report", about, table, dataset.test, classes, False)


def test_it_needs_nothing_else_and_says_the_figures(
    network: Network, digits: Dataset, table: pd.DataFrame
) -> None:
    text = made(network, digits, digits.classes)
    links = re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    assert links
    assert all(link.startswith(("data:image", "#")) for link in links)
    assert "url(http" not in text
    assert "<script" not in text
    told = evaluation.summary(table)
    assert f"{told.accuracy:.2%}" in text
    assert f"{told.errors:,} of {told.n:,}" in text
    assert text.count("<svg") == 4
    HTMLParser().feed(text)


def test_names_are_words_and_not_code(network: Network, digits: Dataset) -> None:
    strange = ("<script>alert(1)</script>", *digits.classes[1:])
    text = made(network, digits, strange)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "my &lt;b&gt;run" in text


@pytest.mark.parametrize("kind", FORMATS)
def test_charts_become_files(digits: Dataset, table: pd.DataFrame, kind: str) -> None:
    for chart in report.drawings(table, digits.classes).values():
        content = FORMATS[kind](chart)
        assert content[:4] in ("<svg", b"\x89PNG")


def test_a_perfect_network_has_a_report_too(digits: Dataset, table: pd.DataFrame) -> None:
    right = table[table["correct"]].reset_index(drop=True).rename_axis("index")
    examples = digits.test.take(np.flatnonzero(table["correct"]))
    text = report.html("Perfect", {}, right, examples, digits.classes, False)
    assert "0 of" in text
