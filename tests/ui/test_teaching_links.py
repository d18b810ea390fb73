"""The links of docs/teaching.md open what they promise."""

import re
from urllib.parse import parse_qsl

import pytest

from scratchmlp.ui import layout, links
from tests.conftest import ROOT

LINKS = re.findall(
    r"`(?:http://your-machine:8501)?(/[^ `]*)`", (ROOT / "docs/teaching.md").read_text()
)


def test_the_lesson_has_links() -> None:
    assert len(LINKS) > 5


@pytest.mark.parametrize("link", LINKS)
def test_each_link_of_the_lesson_is_accepted(link: str) -> None:
    path, _, query = link[1:].partition("?")
    assert path in ("", *layout.PAGES)
    read = links.read(dict(parse_qsl(query)))
    assert read.errors == []
    hidden = dict(parse_qsl(query)).get(links.HIDE, "")
    assert read.hidden == {name for name in hidden.split(",") if name}
