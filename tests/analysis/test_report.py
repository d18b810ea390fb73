"""The report: one file with the figures of the table, and names that cannot become markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from scratchmlp.analysis import evaluation, report
from scratchmlp.charts.theme import FORMATS
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.sources import file_names
from scratchmlp.net.network import Network


def report_of(network: Network, dataset: Dataset, classes: tuple[str, ...]) -> str:
    net = replace(network, classes=classes)
    table = evaluation.predict(net, dataset.test)
    about = report.about(net, "abc", "my <b>run</b>", dataset.name, "Test")
    return report.html(
        "A report", about, table, dataset.test, classes, file_names(dataset, "test"), False
    )


def test_the_report_is_self_contained_and_has_the_figures(
    network: Network, digits: Dataset, table: pd.DataFrame
) -> None:
    text = report_of(network, digits, digits.classes)
    links = re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    assert links
    assert all(link.startswith(("data:image", "#")) for link in links)
    assert "url(http" not in text
    assert "<script" not in text
    summary = evaluation.summary(table)
    assert f"{summary.accuracy:.2%}" in text
    assert f"{summary.errors:,} of {summary.n:,}" in text
    assert text.count("<svg") == 4
    HTMLParser().feed(text)


def test_names_cannot_become_markup(network: Network, digits: Dataset) -> None:
    hostile = ("<script>alert(1)</script>", *digits.classes[1:])
    text = report_of(network, digits, hostile)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "my &lt;b&gt;run" in text


@pytest.mark.parametrize("kind", FORMATS)
def test_charts_can_be_saved_as_files(digits: Dataset, table: pd.DataFrame, kind: str) -> None:
    for chart in report.charts(table, digits.classes).values():
        content = FORMATS[kind](chart)
        assert content[:4] in ("<svg", b"\x89PNG")


def test_a_network_without_errors_has_a_report(digits: Dataset, table: pd.DataFrame) -> None:
    correct = table[table["correct"]].reset_index(drop=True).rename_axis("index")
    examples = digits.test.take(np.flatnonzero(table["correct"]))
    files = file_names(digits, "test")
    text = report.html("Perfect", {}, correct, examples, digits.classes, files, False)
    assert "0 of" in text
