"""Recipes by AppTest: chosen, changed, and the story of the post's 87%."""

from dataclasses import replace

import pytest

from scratchmlp.data.sources import MIXED
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from tests.ui.pages import shown
from tests.ui.train.pages import assert_shows, control, page, value

pytestmark = pytest.mark.usefixtures("no_workers")


def test_choosing_a_recipe_sets_every_control(store: Store) -> None:
    app = page()
    control(app, "seed").set_value(5).run()
    for name in reversed(presets.PRESETS):
        control(app, "preset").set_value(name).run()
        dataset = MIXED if name == "hands" else "digits"  # it brings its own along
        assert_shows(app, replace(presets.PRESETS[name].config, dataset=dataset))
        assert "Changed from" not in shown(app)


def test_what_was_changed_is_said_and_taken_back_one_by_one(store: Store) -> None:
    app = page()
    control(app, "lr").set_value(0.001)
    control(app, "epochs").set_value(3)
    control(app, "seed").set_value(5)
    app.run()
    assert "Changed from modern:" in shown(app)
    assert app.button("reset_lr").label == "Learning rate 0.012 → 0.001"
    app.button("train").click().run()
    run = store.run("latest")
    assert run.config == TrainConfig(dataset="digits", lr=0.001, epochs=3, seed=5)
    app.button("reset_lr").click().run()
    assert value(app, "lr") == 0.012
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
