"""The settings of a visitor by AppTest: from a link, over pages and reloads."""

from dataclasses import replace

import pytest

from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, LABELS, TrainConfig, unparse
from scratchmlp.runs.store import Store
from tests.ui.pages import shown
from tests.ui.train.pages import (
    OTHERS,
    assert_shows,
    config_of_link,
    control,
    page,
    selected,
    value,
    widths,
)

pytestmark = pytest.mark.usefixtures("no_workers")


def test_a_reload_keeps_the_settings_of_the_run(store: Store) -> None:
    app = page()
    control(app, "preset").set_value("blog-as-printed").run()
    app.button("train").click().run()
    again = page(run=selected(app))
    assert value(again, "preset") == "blog-as-printed"
    assert_shows(again, replace(presets.PRESETS["blog-as-printed"].config, dataset="digits"))


def test_a_link_sets_every_control(store: Store) -> None:
    config = TrainConfig(**OTHERS | {"dataset": "digits", "hidden": (256, 64), "lr": 0.0123})
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
    app.switch_page("pages/evaluate.py").run()
    app.switch_page("pages/train.py").run()
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
    app.switch_page("pages/evaluate.py").run()
    app.switch_page("pages/train.py").run()
    assert (value(app, "lr"), value(app, "momentum")) == (0.02, 0.5)
    assert LABELS["lr"] in app.button("reset_lr").label
