"""The controls of the Train page by AppTest: recipes, every setting, links, what they hide."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from scratchmlp.net import devices, presets
from scratchmlp.net.config import FIELDS, LABELS, TrainConfig, matters, unparse
from scratchmlp.runs.store import Store
from scratchmlp.ui import links, session
from scratchmlp.ui.train import controls
from tests.ui.pages import shown
from tests.ui.train.test_page import page, store, watched

__all__ = ["store"]

KINDS = {
    "radio": ("preset",),
    "selectbox": ("dataset", "activation", "init"),
    "number_input": ("epochs", "split_seed", "seed"),
    "select_slider": ("lr", "batch_size", "init_std", "momentum", "beta2", "weight_decay"),
    "slider": ("valid_pct",),
    "toggle": ("standardise",),
    "segmented_control": (
        "loss",
        "optimizer",
        "schedule",
        "augment",
        "backward",
        "device",
        "precision",
    ),
}
OTHERS = {
    "dataset": "mnist",
    "activation": "tanh",
    "init": "normal",
    "init_std": 0.1,
    "standardise": False,
    "loss": "plain-softmax",
    "optimizer": "momentum",
    "lr": 0.02,
    "momentum": 0.5,
    "beta2": 0.99,
    "weight_decay": 0.01,
    "schedule": "constant",
    "augment": "affine",
    "batch_size": 64,
    "epochs": 3,
    "valid_pct": 0.5,
    "split_seed": 7,
    "seed": 5,
    "backward": "by-hand",
    "device": "cuda",
    "precision": "medium",
}


class NoWorkers:
    """Nothing is trained here: what is submitted stays in line."""

    trouble = None

    def __init__(self, store: Store) -> None: ...

    def submit(self, run_id: str) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "Jobs", NoWorkers)


def control(app: AppTest, field: str) -> Any:
    """The field's widget, of the kind that suits it; None where it is not shown."""
    [kind] = [kind for kind, fields in KINDS.items() if field in fields]
    elements = app.button_group if kind == "segmented_control" else getattr(app, kind)
    return next((element for element in elements if named(element) == field), None)


def named(element: Any) -> str:
    """The name of a control without the number of times that it was replaced."""
    return str(element.key).split(".")[0]


def layers(app: AppTest) -> list[Any]:
    return [element for element in app.number_input if named(element).startswith("hidden_")]


def widths(app: AppTest) -> tuple[int, ...]:
    return tuple(int(layer.value) for layer in layers(app))


def value(app: AppTest, field: str) -> Any:
    found = control(app, field).value
    return found[0] if isinstance(found, list) else found


def made(app: AppTest) -> TrainConfig:
    """The settings, by the link that the page offers."""
    query = links.urlsplit(app.code[0].value).query
    return links.read(dict(part.split("=", 1) for part in query.split("&"))).config


def assert_shows(app: AppTest, config: TrainConfig) -> None:
    assert not app.exception
    assert widths(app) == config.hidden
    for field in set(FIELDS) - {"hidden"}:
        if matters(field, config):
            assert value(app, field) == getattr(config, field), field
        else:
            assert control(app, field) is None, field


def test_every_setting_has_a_control() -> None:
    assert set(controls.CONTROLS) == set(FIELDS)
    grouped = [*controls.FIRST, *(field for group in controls.MORE.values() for field in group)]
    assert sorted(grouped) == sorted(FIELDS)
    assert len(controls.FIRST) == 6
    for field, scale in controls.SCALES.items():
        low, high = FIELDS[field].metadata["range"]
        assert scale == sorted(set(scale)), field
        assert low <= scale[0] < scale[-1] <= high, field


def test_choosing_a_recipe_sets_every_control(store: Store) -> None:
    app = page()
    control(app, "seed").set_value(5).run()
    for name in reversed(presets.PRESETS):
        control(app, "preset").set_value(name).run()
        assert_shows(app, replace(presets.PRESETS[name].config, dataset="digits"))
        assert "Changed from" not in shown(app)


def test_every_control_sets_its_field(store: Store) -> None:
    assert set(OTHERS) == set(FIELDS) - {"hidden"}
    unmoved = {"beta2": 0.999, "device": "cpu"}
    app = page()
    there = [name for name in ("cpu", "cuda", "mps") if devices.has_device(name)]
    assert control(app, "device").options == there  # and no other
    for field, other in OTHERS.items():
        if field in unmoved:  # momentum, which came before, has no beta2
            continue
        control(app, field).set_value(other).run()
    config = TrainConfig(**OTHERS | unmoved)
    assert_shows(app, config)
    assert made(app) == config
    control(app, "optimizer").set_value("adam").run()
    control(app, "beta2").set_value(0.99).run()
    assert made(app) == TrainConfig(**OTHERS | {"optimizer": "adam", "device": "cpu"})


def test_layers_are_added_removed_and_widened(store: Store) -> None:
    app = page()
    app.button("add_layer").click().run()
    layers(app)[0].set_value(300).run()
    app.button("add_layer").click().run()
    assert widths(app) == (300, 128, 128)
    app.button("remove_layer_1").click().run()
    layers(app)[1].set_value(10).run()
    assert made(app).hidden == (300, 10)
    for _ in range(2):
        app.button("remove_layer_0").click().run()
    assert made(app).hidden == ()
    assert "straight into the answers" in shown(app)
    for _ in range(6):
        app.button("add_layer").click().run()
    assert len(widths(app)) == 6
    assert not [b for b in app.button if b.key == "add_layer"]


def test_a_number_that_cannot_be_is_told_and_taken_back(store: Store) -> None:
    app = page()
    layers(app)[0].set_value(9_999_999).run()
    assert "hidden cannot be 9999999" in app.toast[0].value
    assert widths(app) == (128,)
    control(app, "epochs").set_value(0).run()
    assert "epochs cannot be 0" in app.toast[0].value
    assert value(app, "epochs") == presets.MODERN.epochs


def test_a_reload_keeps_the_settings_of_the_run(store: Store) -> None:
    app = page()
    control(app, "preset").set_value("blog-as-printed").run()
    app.button("train").click().run()
    again = page(run=watched(app))
    assert value(again, "preset") == "blog-as-printed"
    assert_shows(again, replace(presets.PRESETS["blog-as-printed"].config, dataset="digits"))


def test_what_was_changed_is_said_and_taken_back_one_by_one(store: Store) -> None:
    app = page()
    control(app, "lr").set_value(0.001)
    control(app, "epochs").set_value(3)
    control(app, "seed").set_value(5)
    app.run()
    assert "Changed from modern:" in shown(app)
    assert app.button("reset_lr").label == "Learning rate 0.006 → 0.001"
    app.button("train").click().run()
    run = store.run("latest")
    assert run.config == TrainConfig(dataset="digits", lr=0.001, epochs=3, seed=5)
    app.button("reset_lr").click().run()
    assert value(app, "lr") == 0.006
    assert value(app, "epochs") == 3
    app.button("undo").click().run()
    assert_shows(app, TrainConfig(dataset="digits"))
    assert "Changed from" not in shown(app)


def test_the_story_of_the_87_loads_its_recipes(store: Store) -> None:
    app = page()
    app.button("why").click().run()
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["blog-as-reported"] == "87.2%"
    app.button("load_blog-as-reported").click().run()
    assert value(app, "preset") == "blog-as-reported"
    assert value(app, "lr") == 0.01


def test_a_link_sets_every_control(store: Store) -> None:
    config = TrainConfig(**OTHERS | {"dataset": "digits", "hidden": (256, 64), "lr": 0.0123})
    app = page(**{field: unparse(getattr(config, field)) for field in FIELDS})
    assert_shows(app, config)
    assert made(app) == config
    assert value(app, "preset") == "from the link"
    control(app, "preset").set_value("modern").run()
    control(app, "preset").set_value("from the link").run()
    assert_shows(app, config)


def test_a_link_hides_controls_which_keep_their_values(store: Store) -> None:
    app = page(hide="optimizer,seed,hidden,preset", optimizer="momentum", seed="7", hidden="20")
    assert control(app, "optimizer") is None
    assert control(app, "seed") is None
    assert widths(app) == ()
    assert control(app, "preset") is None
    app.button("why").click().run()
    app.button("load_blog-as-printed").click().run()
    app.switch_page("pages/evaluate.py").run()
    app.switch_page("pages/train.py").run()
    assert control(app, "optimizer") is None
    app.button("train").click().run()
    config = store.run("latest").config
    assert (config.optimizer, config.seed, config.hidden) == ("momentum", 7, (20,))
    assert (config.lr, config.dataset) == (0.001, "digits")


def test_a_teacher_makes_a_link_that_hides(store: Store) -> None:
    app = page()
    app.multiselect("hide_controls").set_value(["seed", "preset"]).run()
    assert app.code[1].value == app.code[0].value + "&hide=preset,seed"
    assert "hide" not in app.code[0].value


def test_a_hostile_link_is_told_and_falls_back(store: Store) -> None:
    app = page(
        lr="1e99",
        foo="<script>alert(1)</script>",
        dataset="/etc/passwd",
        run="../../x",
        hide="seed,<b>",
    )
    text = shown(app)
    assert "In the link, lr cannot be 1e+99" in text
    assert "The link's foo is not a setting." in text
    assert "The link hides <b>, which is no control of this page." in text
    assert "dataset is not one of this laboratory's" in text
    assert "There is no run ../../x" in text
    assert value(app, "lr") == presets.MODERN.lr
    assert control(app, "seed") is None
    assert "an old run" in text


def test_settings_outlast_a_visit_to_another_page(store: Store) -> None:
    app = page()
    control(app, "lr").set_value(0.02).run()
    control(app, "optimizer").set_value("momentum").run()
    control(app, "momentum").set_value(0.5).run()
    app.switch_page("pages/evaluate.py").run()
    app.switch_page("pages/train.py").run()
    assert (value(app, "lr"), value(app, "momentum")) == (0.02, 0.5)
    assert LABELS["lr"] in app.button("reset_lr").label
