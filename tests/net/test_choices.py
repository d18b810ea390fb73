"""The tables of choices are complete, and light."""

import importlib

import pytest

from scratchmlp.analysis.source_listing import MODULES
from scratchmlp.net import choices
from scratchmlp.net.config import FIELDS, TrainConfig, explain, matters
from tests.loading import loaded_after


def test_every_field_with_choices_has_a_table() -> None:
    fields = {name for name, field in FIELDS.items() if "choices" in field.metadata}
    assert fields == set(choices.TABLES)
    assert all(FIELDS[name].metadata["choices"] == tuple(choices.TABLES[name]) for name in fields)


@pytest.mark.parametrize("field", MODULES)
def test_a_module_implements_every_row(field: str) -> None:
    module = importlib.import_module(MODULES[field])
    tables = [value for value in vars(module).values() if isinstance(value, dict)]
    functions = {name: getattr(module, row.function) for name, row in choices.TABLES[field].items()}
    assert functions in tables


def test_all_tables_but_machines_are_implemented() -> None:
    assert set(choices.TABLES) - set(MODULES) == {"device", "precision"}


@pytest.mark.parametrize("field", choices.TABLES)
def test_every_row_has_a_sentence_of_its_own(field: str) -> None:
    table = choices.TABLES[field]
    assert all(row.help.endswith(".") for row in table.values())
    assert len({row.help for row in table.values()}) == len(table)
    assert all(f"- {name}: {row.help}" in explain(field) for name, row in table.items())
    assert all(set(row.settings) <= set(FIELDS) for row in table.values())


def test_a_setting_of_a_row_matters_with_that_choice_only() -> None:
    for field, table in choices.TABLES.items():
        named = {setting for row in table.values() for setting in row.settings}
        for name, row in table.items():
            config = TrainConfig(**{field: name})
            assert {setting for setting in named if matters(setting, config)} == set(row.settings)


def test_a_setting_that_no_row_names_always_matters() -> None:
    named = {s for table in choices.TABLES.values() for row in table.values() for s in row.settings}
    assert named == {"init_std", "momentum", "beta2", "augment_strength"}
    assert all(matters(field, TrainConfig()) for field in set(FIELDS) - {*named, "skip_damaged"})


def test_a_configuration_does_not_load_torch() -> None:
    assert "torch" not in loaded_after("import scratchmlp.net.presets")
