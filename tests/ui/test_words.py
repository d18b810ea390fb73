"""Screen texts use the standard terms of the field."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    *ROOT.glob("pages/*.py"),
    *ROOT.glob("scratchmlp/ui/**/*.py"),
    *ROOT.glob("scratchmlp/charts/*.py"),
    *(ROOT / "scratchmlp/net" / name for name in ("config.py", "choices.py", "presets.py")),
]
# Each word that visitors did not understand, and the term to use.
TERMS = {
    r"\bwarp": "augmentation",
    r"chance and machine": "seed and hardware",
    r"\bthe step$": "optimiser details",
    r"\boptimizers?\b": "optimiser",
    r"kept to validate": "validation share",
    r"their deviation": "std of initial weights",
    r"87%: why": "why did the post get 87%?",
    r"^reset$": "train again",
    r"find a rate": "find a learning rate",
    r"take away": "export",
    r"and back$": "load a saved network",
    r"\blay .* beside": "compare with",
    r"not a number\b": "NaN",
    r"no run is like that": "no runs match",
    r"there is no run[ .]*yet": "no runs yet",
    r"forgotten for good": "deleted permanently",
    r"by heart": "memorised",
    r"blows up": "diverges",
}


@pytest.mark.parametrize("word", TERMS, ids=TERMS.get)
def test_no_screen_text_uses_a_word_that_visitors_did_not_understand(word: str) -> None:
    found = [text for text in all_screen_texts() if re.search(word, text, re.I)]
    assert found == [], f"say {TERMS[word]!r}"


@cache
def all_screen_texts() -> list[str]:
    texts = [text for path in SOURCES for text in screen_texts(path)]
    assert "Train again" in texts
    return texts


def screen_texts(path: Path) -> Iterator[str]:
    """The strings of a module that have a space or a capital, without docstrings: no keys."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in statements and re.search("[A-Z ]", node.value):
            yield node.value
