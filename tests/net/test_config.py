import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.errors import UserError
from scratchmlp.net.config import (
    FIELDS,
    LABELS,
    TrainConfig,
    allowed,
    differing,
    matters,
    parse,
    unparse,
)
from tests.net.configs import OUT_OF_RANGE, configs


def test_every_field_has_a_value_out_of_range() -> None:
    assert set(OUT_OF_RANGE) == set(FIELDS)


@pytest.mark.parametrize(("field", "value"), OUT_OF_RANGE.items())
def test_a_value_out_of_range_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(UserError) as refused:
        TrainConfig(**{field: value})
    said = str(refused.value)
    assert said.startswith(f"{field} cannot be ")
    assert unparse(value) in said
    assert said.endswith(f"it must be {allowed(field)}.")


@pytest.mark.parametrize("value", [math.nan, math.inf, "0.1", True, None])
def test_what_is_no_number_is_no_learning_rate(value: object) -> None:
    with pytest.raises(UserError, match="lr cannot be"):
        TrainConfig(lr=value)


@pytest.mark.parametrize("value", [(5000,), (1,) * 7, (1.5,), (True,), "128", 128])
def test_hidden_layers_are_few_and_whole(value: object) -> None:
    with pytest.raises(UserError, match="hidden cannot be"):
        TrainConfig(hidden=value)


def test_no_hidden_layer_and_no_validation_are_legal() -> None:
    assert TrainConfig(hidden=(), valid_pct=0).valid_pct == 0.0


@given(configs())
def test_text_and_json_lose_nothing(config: TrainConfig) -> None:
    as_text = {name: unparse(getattr(config, name)) for name in FIELDS}
    assert TrainConfig.from_mapping(as_text) == config
    assert TrainConfig.from_mapping(config.asdict()) == config


@given(st.sampled_from(sorted(FIELDS)), st.text())
def test_any_text_is_a_value_or_a_sentence(field: str, text: str) -> None:
    try:
        TrainConfig.from_mapping({field: text})
    except UserError as refused:
        assert str(refused).startswith(f"{field} cannot be ")
        assert len(str(refused)) < 300


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(UserError, match="learning_rate is not a setting; the settings are dataset"):
        TrainConfig.from_mapping({"learning_rate": 1})


def test_parse_examples() -> None:
    assert parse("hidden", "128, 64") == (128, 64)
    assert parse("hidden", "") == ()
    assert parse("standardise", "False") is False
    assert unparse(0.004) == "0.004"
    assert unparse(1.0) == "1"


def test_every_field_has_a_label_and_a_sentence_of_its_own() -> None:
    assert list(LABELS) == list(FIELDS)
    assert len(set(LABELS.values())) == len(FIELDS)
    assert all(field.metadata["help"].endswith(".") for field in FIELDS.values())


def test_a_field_matters_where_it_has_an_effect() -> None:
    optimizers = {"sgd": False, "momentum": False, "adam": True}
    assert {o: matters("beta2", TrainConfig(optimizer=o)) for o in optimizers} == optimizers
    assert matters("momentum", TrainConfig(optimizer="momentum"))
    assert not matters("init_std", TrainConfig(init="he"))
    assert all(
        matters(name, TrainConfig())
        for name in set(FIELDS) - {"init_std", "skip_damaged", "augment_strength"}
    )
    assert matters("skip_damaged", TrainConfig(dataset="/some/folder"))


@given(configs(), configs())
def test_what_differs_is_named_and_nothing_else(a: TrainConfig, b: TrainConfig) -> None:
    names = differing(a, b, a)
    assert dataclasses.replace(a, **{name: getattr(b, name) for name in names}) == b
    assert all(getattr(a, name) != getattr(b, name) for name in names)
    assert differing(a) == differing(a, a) == []
