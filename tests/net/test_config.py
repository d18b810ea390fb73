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

OUT_OF_RANGE = {
    "dataset": "",
    "hidden": (0,),
    "activation": "swish",
    "init": "ones",
    "init_std": -1.0,
    "standardise": "yes",
    "loss": "mse",
    "optimizer": "lion",
    "lr": 0.0,
    "momentum": 1.0,
    "beta2": 1.0,
    "weight_decay": -0.1,
    "schedule": "linear",
    "augment": "flip",
    "batch_size": 0,
    "epochs": 0,
    "valid_pct": 1.0,
    "split_seed": -1,
    "seed": 2**32,
    "backward": "magic",
    "device": "tpu",
    "precision": "low",
}


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


def configs() -> st.SearchStrategy[TrainConfig]:
    def values(field: dataclasses.Field) -> st.SearchStrategy:
        if "choices" in field.metadata:
            return st.sampled_from(field.metadata["choices"])
        if "range" in field.metadata:
            low, high = field.metadata["range"]
            return st.integers(low, high) if field.type is int else st.floats(low, high)
        if field.name == "hidden":
            return st.lists(st.integers(1, 2048), max_size=6).map(tuple)
        return st.booleans() if field.type is bool else st.sampled_from(["mnist", "/a, b/ü"])

    return st.builds(TrainConfig, **{name: values(field) for name, field in FIELDS.items()})


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
    assert all(matters(name, TrainConfig()) for name in set(FIELDS) - {"init_std"})


@given(configs(), configs())
def test_what_differs_is_named_and_nothing_else(a: TrainConfig, b: TrainConfig) -> None:
    names = differing(a, b, a)
    assert dataclasses.replace(a, **{name: getattr(b, name) for name in names}) == b
    assert all(getattr(a, name) != getattr(b, name) for name in names)
    assert differing(a) == differing(a, a) == []
