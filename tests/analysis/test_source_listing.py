"""A listing is a program of its own: with any choice it takes the same steps as ours."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from scratchmlp.analysis.source_listing import MODULES, chosen_names, closure
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.training import fit

ROOTS = [("scratchmlp.net.training", "fit"), ("scratchmlp.data.datasets", "Examples")]
ROWS = [(field, name) for field in MODULES for name in choices.TABLES[field]]


def losses(events: Any) -> list[float]:
    return [event.loss for event in events if type(event).__name__ == "Step"]


@pytest.mark.parametrize(("field", "name"), ROWS)
def test_a_listing_trains_as_we_do(
    field: str, name: str, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"dataset": "digits", "hidden": (8,), "epochs": 1, "batch_size": 100, field: name}
    config = TrainConfig(**settings)
    train, valid = digits.train.take(range(300)), digits.train.take(range(300, 400))
    listing = closure(ROOTS, config)
    source = "\n\n".join([*listing.imports, *(piece.source for piece in listing.pieces)])
    script: Any = ModuleType("script")
    script.TrainConfig = SimpleNamespace
    monkeypatch.setitem(sys.modules, "script", script)  # dataclasses look there
    exec(compile("from __future__ import annotations\n" + source, name, "exec"), vars(script))
    theirs = losses(script.fit(SimpleNamespace(**vars(config)), train, valid))
    assert theirs == losses(fit(config, train, valid)) != []


@pytest.mark.parametrize(("field", "name"), ROWS)
def test_the_chosen_function_comes_last(field: str, name: str) -> None:
    names = chosen_names(field, TrainConfig(**{field: name}))
    assert names[-1] == choices.TABLES[field][name].function
    others = {row.function for key, row in choices.TABLES[field].items() if key != name}
    assert not others & set(names)
