from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig
from scratchmlp.ui import links
from tests.net.configs import OUT_OF_RANGE, configs


def followed(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@given(configs())
def test_a_link_brings_back_every_field(config: TrainConfig) -> None:
    params = followed(links.write(config, "http://localhost:8501/?run=x&old=1#top"))
    assert set(params) == set(FIELDS)
    assert links.read(params, known=[config.dataset]) == (config, frozenset(), [])


@given(configs(), st.sampled_from(sorted(presets.PRESETS)))
def test_a_recipe_and_its_changes_bring_back_every_field(config: TrainConfig, name: str) -> None:
    params = links.changes(name, config, hidden=["seed"])
    read = links.read(params, known=[config.dataset])
    assert read == (config, frozenset({"seed"}), [])
    assert links.settings(params | {"run": "x", "compare": "y"}) == params
    assert set(params) <= {"preset", "hide", *FIELDS}


def test_a_link_is_to_the_page() -> None:
    url = links.write(TrainConfig(), "https://demo.example/lab/?a=b")
    assert url.startswith("https://demo.example/lab/?dataset=mnist&hidden=128&")


def test_a_preset_may_be_named_and_changed() -> None:
    config, _, errors = links.read({"preset": "simard-800", "seed": "7"})
    assert errors == []
    assert config.hidden == (800,)
    assert config.seed == 7


@pytest.mark.parametrize(("field", "value"), OUT_OF_RANGE.items())
def test_an_invalid_value_falls_back_and_is_named(field: str, value: object) -> None:
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    config, _, [sentence] = links.read(
        {field: text, "epochs" if field != "epochs" else "seed": "5"}
    )
    assert field in sentence
    assert getattr(config, field) == getattr(presets.MODERN, field)
    assert 5 in (config.epochs, config.seed)


def test_a_link_cannot_make_this_machine_read_a_folder() -> None:
    config, _, [sentence] = links.read({"dataset": "/etc"})
    assert config.dataset == "mnist"
    assert sentence == "The link's dataset is not one of this laboratory's."
    assert links.read({"dataset": "/my"}, known=["/my"])[0].dataset == "/my"


@pytest.mark.parametrize("text", ["mnist+digits", "mnist digits", "pen+mnist+digits"])
def test_a_link_may_ask_for_several_named_datasets(text: str) -> None:
    """In an address a plus sign is a space, unless it is encoded."""
    config, _, errors = links.read({"dataset": text})
    assert (config.dataset, errors) == (text.replace(" ", "+"), [])
    url = links.write(config, "http://localhost:8501/")
    assert links.read(followed(url)).config == config


@pytest.mark.parametrize("text", ["mnist+/etc", "mnist+", "mnist /etc", "/my+mnist"])
def test_a_link_cannot_join_a_folder(text: str) -> None:
    config, _, [sentence] = links.read({"dataset": text}, known=["/my"])
    assert config.dataset == "mnist"
    assert sentence == "The link's dataset is not one of this laboratory's."


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=2000), max_size=5))
def test_any_address_is_a_configuration(params: dict[str, str]) -> None:
    config, hidden, errors = links.read(params)
    assert isinstance(config, TrainConfig)
    assert hidden <= set(links.HIDEABLE)
    assert all(len(sentence) < 400 for sentence in errors)


def test_what_else_an_address_says_is_named() -> None:
    _, _, errors = links.read({"foo": "1", "preset": "<script>", "run": "abc"})
    assert len(errors) == 2
    assert "foo is not a setting" in errors[1]
    assert "There is no preset <script>" in errors[0]


@given(configs(), st.sets(st.sampled_from(links.HIDEABLE)))
def test_a_link_for_a_class_hides_what_its_teacher_named(
    config: TrainConfig, hidden: set[str]
) -> None:
    params = followed(links.write(config, "http://localhost:8501/", hidden))
    assert links.read(params, known=[config.dataset]) == (config, hidden, [])


@pytest.mark.parametrize("hide", ["optimizer,seed", " seed ,optimizer,,seed"])
def test_hidden_controls_are_named_with_commas_between(hide: str) -> None:
    assert links.read({"hide": hide}).hidden == {"optimizer", "seed"}


def test_what_cannot_be_hidden_is_named() -> None:
    strange = "a" * 2000 + ",train,<script>"
    link = links.read({"hide": "seed,train,<script>"})
    assert link.hidden == {"seed"}
    assert link.errors == ["The link hides <script>, train, which is no control of this page."]
    assert len(links.read({"hide": strange}).errors[0]) < 200
