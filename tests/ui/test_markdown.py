import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.ui.markdown import INVISIBLE, escape, with_links
from tests.ui.pages import unescaped

MARKUP = "!#$&()*+:<=>@[]^_`{|}~\\"


@given(st.text(alphabet=MARKUP + "-./@aw1 \n\u00e9\u6f22\ud800"))
def test_an_escaped_text_is_the_same_text_in_one_line(text: str) -> None:
    line = " ".join(text.encode(errors="replace").decode().replace(INVISIBLE, "").split())
    assert unescaped(escape(text)).replace(INVISIBLE, "") == line


@given(st.text(alphabet=MARKUP + "-.aw1 "))
def test_no_markup_is_left_without_a_backslash(text: str) -> None:
    left = re.sub(r"\\[!-/:-@\[-`{-~]", "", escape(text))
    assert not set(left) & set(MARKUP)
    assert not re.match(r"-|\d+\.(\s|$)", escape(text))


# What Streamlit replaces in the text of a finished paragraph.
REPLACED = re.compile(
    r":[\w+-]+:|:material_|:[a-z-]+\[|https?://|www\.|[\w.+-]+@[\w-]+\."
    r"|(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)"
)


@pytest.mark.parametrize(
    "text",
    [
        ":smile: :+1: :a-b: :material/face: :material_face: :streamlit:",
        ":red[x] :blue-badge[y] :small[z]",
        "http://a.example https://b.example HTTP://C.example www.d.example e@f.example",
        "-> <- <-> -- >= <= ~= a -> b",
    ],
)
def test_nothing_is_left_that_streamlit_replaces_later(text: str) -> None:
    assert REPLACED.search(text)
    assert not REPLACED.search(unescaped(text=escape(text).replace(INVISIBLE, "\0")))


def test_a_lone_surrogate_is_a_question_mark() -> None:
    assert unescaped(escape("a\ud800")) == "a?"


def test_addresses_are_links_and_all_else_is_text() -> None:
    address = "http://127.0.0.1:8501/?preset=modern&epochs=10"
    assert with_links(f"Open {address}.") == f"Open [{escape(address)}]({address})\\."
    assert with_links("*a* javascript:b [c](d)") == escape("*a* javascript:b [c](d)")
    assert with_links("[a](https://b.example)").count("](") == 1
    assert with_links("https://b.example/a)b c").endswith("(https://b.example/a)\\)b c")


@given(st.text(alphabet=MARKUP + "htps:/.ab1 "))
def test_whatever_is_written_a_link_leads_to_what_it_says(text: str) -> None:
    linked = with_links(f"{text} https://c.example/{text}")
    for label, target in re.findall(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\(([^)]*)\)", linked):
        assert unescaped(label).replace(INVISIBLE, "") == target
        assert target.startswith(("http://", "https://"))
