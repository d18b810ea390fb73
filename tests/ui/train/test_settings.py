"""The settings of a visitor by AppTest: from a link, over pages and reloads."""

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, LABELS, TrainConfig, unparse
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import selection, session
from tests.ui.pages import shown
from tests.ui.train.pages import (
    DIGITS,
    OTHERS,
    assert_shows,
    config_of_link,
    control,
    page,
    selected,
    state,
    value,
    widths,
)


def test_a_reload_keeps_the_settings_of_the_run(store: Store) -> None:
    app = page()
    control(app, "preset").set_value("blog-as-printed").run()
    app.button("train").click().run()
    again = page(run=selected(app))
    assert value(again, "preset") == "blog-as-printed"
    assert_shows(again, replace(presets.PRESETS["blog-as-printed"].config, dataset="digits"))


def test_a_link_sets_every_control(store: Store) -> None:
    config = TrainConfig(
        **OTHERS | {"dataset": "digits", "hidden": (256, 64), "lr": 0.0123, "skip_damaged": False}
    )
    app = page(**{field: unparse(getattr(config, field)) for field in FIELDS})
    assert_shows(app, config)
    assert config_of_link(app) == config
    assert value(app, "preset") == presets.nearest(config)


def test_a_link_hides_controls_which_keep_their_values(store: Store) -> None:
    app = page(hide="optimizer,seed,hidden,preset", optimizer="momentum", seed="7", hidden="20")
    assert control(app, "optimizer") is None
    assert control(app, "seed") is None
    assert widths(app) == ()
    assert control(app, "preset") is None
    app.button("why").click().run()
    app.button("load_blog-as-printed").click().run()
    for name in ("evaluate", "train"):
        app.query_params.clear()  # as the navigation of a browser does
        app.switch_page(f"pages/{name}.py").run()
    assert control(app, "optimizer") is None
    app.button("train").click().run()
    config = store.run("latest").config
    assert (config.optimizer, config.seed, config.hidden) == ("momentum", 7, (20,))
    assert (config.lr, config.dataset) == (0.001, "digits")


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
    for name in ("evaluate", "train"):
        app.query_params.clear()  # as the navigation of a browser does
        app.switch_page(f"pages/{name}.py").run()
    assert (value(app, "lr"), value(app, "momentum")) == (0.02, 0.5)
    assert LABELS["lr"] in app.button("reset_lr").label


def reloaded(app: AppTest) -> AppTest:
    """The page of a new visitor at the same address."""
    return page(**address(app))


def address(app: AppTest) -> dict[str, str]:
    values = app.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in values}


def test_a_reload_keeps_the_controls_and_what_was_changed(store: Store) -> None:
    app = page()
    assert not address(app)
    control(app, "preset").set_value("blog-as-reported").run()
    control(app, "epochs").set_value(3).run()
    again = reloaded(app)
    assert_shows(again, app.session_state[session.SETTINGS])
    assert value(again, "preset") == "blog-as-reported"
    assert again.button("reset_epochs").label == "Epochs 25 → 3"
    assert "undo" not in [button.key for button in again.button]


def test_nothing_is_said_to_be_changed_where_nothing_is(store: Store) -> None:
    app = page()
    control(app, "epochs").set_value(7).run()
    assert "Changed from few-pictures:" in shown(app)
    assert address(app) == {"preset": "few-pictures", "epochs": "7", "dataset": "digits"}
    control(app, "epochs").set_value(15).run()
    assert "Changed from" not in shown(app)
    assert_shows(reloaded(app), app.session_state[session.SETTINGS])


def test_few_pictures_begin_with_the_recipe_for_them(store: Store) -> None:
    app = page()  # without MNIST it is on digits
    few = replace(presets.PRESETS["few-pictures"].config, dataset="digits")
    assert_shows(app, few)
    assert value(app, "preset") == "few-pictures"
    control(app, "dataset").set_value("mnist").run()
    assert_shows(app, presets.MODERN)
    assert value(app, "preset") == "modern"
    control(app, "dataset").set_value("digits").run()
    assert_shows(app, few)
    assert "Changed from" not in shown(app)


def test_what_was_chosen_is_kept_on_another_dataset(store: Store) -> None:
    app = page(preset="modern")  # a link means the same everywhere
    assert_shows(app, replace(presets.MODERN, dataset="digits"))
    control(app, "seed").set_value(3).run()
    control(app, "dataset").set_value("mnist").run()
    control(app, "dataset").set_value("digits").run()
    assert_shows(app, replace(presets.MODERN, dataset="digits", seed=3))
    control(app, "preset").set_value("best-128").run()
    control(app, "dataset").set_value("mnist").run()
    assert value(app, "preset") == "best-128"
    assert_shows(app, presets.PRESETS["best-128"].config)


def test_back_returns_to_the_settings_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page(epochs="3")
    before = address(app)
    control(app, "lr").set_value(0.02).run()
    control(app, "optimizer").set_value("momentum").run()
    app.query_params.clear()
    app.query_params.update(before)
    app.run()
    assert value(app, "lr") == 0.02  # a browser that lags behind sends an older address
    app.query_params.clear()
    app.query_params.update(before)
    monkeypatch.setattr(selection, "came_by_history", lambda: True)
    app.run()
    assert (value(app, "lr"), value(app, "optimizer"), value(app, "epochs")) == (0.012, "adam", 3)


def test_a_visit_to_another_page_keeps_run_and_settings(store: Store) -> None:
    app = page()
    app.button("train").click().run()
    run_id = selected(app)
    control(app, "epochs").set_value(7).run()
    app.switch_page("pages/draw.py").run()
    app.query_params.clear()
    app.switch_page("pages/train.py").run()
    assert selected(app) == run_id
    assert value(reloaded(app), "epochs") == 7


def test_the_page_says_where_its_settings_and_the_run_s_differ(store: Store) -> None:
    app = state(store, "finished")
    assert "other settings" not in shown(app)
    control(app, "lr").set_value(0.02).run()
    assert "The run below has other settings: learning rate 0.012." in shown(app)
    control(app, "preset").set_value("blog-as-reported").run()
    assert re.search(r"other settings: .+, .+, and \d+ more\.", shown(app))
    app.button("take_settings").click().run()
    assert "other settings" not in shown(app)
    assert_shows(app, DIGITS)
    control(app, "epochs").set_value(9).run()
    assert "Changed from modern:" in shown(app)


def test_a_setting_without_effect_is_not_said_to_differ(store: Store) -> None:
    config = replace(DIGITS, optimizer="sgd", beta2=0.99)
    run_id = store.create(config, status="running")
    store.record(run_id, Update(changes={"status": "finished", "total_steps": 10}))
    app = page(run=run_id, dataset="digits", epochs="2", optimizer="sgd")
    assert "other settings" not in shown(app)
