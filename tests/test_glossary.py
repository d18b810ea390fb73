"""Words are explained where they stand: each setting, each choice, and the glossary."""

import ast
import re

import pytest

from scratchmlp import glossary
from scratchmlp.data.sources import FOLDER, SOURCES
from scratchmlp.net import choices
from scratchmlp.net.config import FIELDS, explain
from scratchmlp.net.expectations import EXPECTATIONS
from tests.conftest import ROOT

CHOICES = {
    f"{field}: {name}": row.help
    for field, table in [*choices.TABLES.items(), ("dataset", SOURCES | {"folder": FOLDER})]
    for name, row in table.items()
}


def is_one_sentence(text: str) -> bool:
    """It begins with a capital or with the name of a choice, and has one full stop, at its end."""
    inner = re.sub(r"\([^)]*\)", "", text[:-1])
    return text.endswith(".") and not re.search(r"[.!?](\s|$)", inner) and len(text) <= 150


@pytest.mark.parametrize("field", FIELDS)
def test_every_setting_says_what_it_does_and_what_to_expect(field: str) -> None:
    what, expected = FIELDS[field].metadata["help"], EXPECTATIONS[field]
    assert is_one_sentence(what)
    assert is_one_sentence(expected)
    assert explain(field).startswith(f"{what}\n\n{expected}")


def test_nothing_else_is_expected() -> None:
    assert set(EXPECTATIONS) == set(FIELDS)


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_is_one_sentence(choice: str) -> None:
    assert is_one_sentence(CHOICES[choice])


@pytest.mark.parametrize("field", [name for name, f in FIELDS.items() if "range" in f.metadata])
def test_a_number_says_what_more_of_it_does(field: str) -> None:
    assert re.match("(Higher|Larger|More|Fewer): |Another seed|Higher", EXPECTATIONS[field])


@pytest.mark.parametrize("term", glossary.TERMS)
def test_a_term_is_explained_in_one_sentence_without_itself(term: str) -> None:
    meaning = glossary.TERMS[term]
    assert is_one_sentence(meaning)
    assert not re.search(rf"\b{re.escape(term)}\b", meaning)


def test_terms_are_in_the_order_of_the_alphabet() -> None:
    assert list(glossary.TERMS) == sorted(glossary.TERMS, key=str.lower)


def test_the_document_is_the_glossary() -> None:
    """If not: `python -m scratchmlp.glossary > docs/glossary.md`."""
    assert (ROOT / "docs/glossary.md").read_text() == glossary.document()


def test_the_pages_explain_terms_that_there_are_and_many_of_them() -> None:
    named = set()
    for path in (ROOT / "scratchmlp/ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(ast.Name("glossary"), "explain"), args=args):
                    named |= {arg.value for arg in args if isinstance(arg, ast.Constant)}
    assert named <= set(glossary.TERMS)
    assert named >= {
        "epoch",
        "batch",
        "logits",
        "validation pictures",
        "cross-entropy",
        "nats",
        "momentum",
        "gradient",
        "calibration",
        "over-fitting",
    }
