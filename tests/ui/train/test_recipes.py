"""Recipes by AppTest: chosen, changed, and the story of the post's 87%."""

import re
import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from scratchmlp.data.sources import MIXED
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.durations import FEWEST_ALIKE
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui.train import choices
from tests.ui.pages import shown
from tests.ui.train.pages import assert_shows, control, page, value


def test_choosing_a_recipe_sets_every_control(store: Store) -> None:
    app = page()
    control(app, "seed").set_value(5).run()
    for name in reversed(presets.PRESETS):
        control(app, "preset").set_value(name).run()
        dataset = MIXED if name == "hands" else "digits"  # it brings its own along
        assert_shows(app, replace(presets.PRESETS[name].config, dataset=dataset))
        assert "Changed from" not in shown(app)


def test_recipes_stand_in_groups_with_what_they_reach_and_how_long_they_take(store: Store) -> None:
    """The time is there before any run, and follows the runs that finish here."""
    app = page(dataset="digits")
    recipes = control(app, "preset")
    groups = [presets.PRESETS[name.strip("*")].group for name in recipes.options]
    assert groups == sorted(groups, key=presets.GROUPS.index)
    time_of_each = r" · (under 1 s|about \d+ (s|min))"
    for dataset in ("digits", "mnist"):
        for name, words in captions(page(dataset=dataset)).items():
            assert re.fullmatch(rf"[\d.]+% right{time_of_each}|breaks (at|near) step \d+", words), (
                name
            )
    assert captions(app)["plain-softmax"] == "breaks at step 1"
    for _ in range(FEWEST_ALIKE + 1):  # more than were measured before any run
        run_id = store.create(TrainConfig(dataset="digits"))
        assert store.work.claim_next("a worker")
        minute = {"total_steps": 30, "train_seconds": 59.0, "status": "finished"}
        now = time.time()
        store.record(run_id, Update(changes=minute | {"started": now - 60, "ended": now}))
    assert captions(app.run())["modern"] == "94.7% right · about 60 s"
    assert captions(app)["plain-softmax"] == "breaks at step 1"


def captions(app: AppTest) -> dict[str, str]:
    recipes = control(app, "preset").proto
    names = [name.strip("*") for name in recipes.options]
    return dict(zip(names, recipes.captions, strict=True))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (TrainConfig(), "128 hidden units learns to read handwritten digits, as in the post P."),
        (
            TrainConfig(hidden=()),
            "without hidden units learns to read digits. That of the post P has 128.",
        ),
        (
            TrainConfig(hidden=(64, 32)),
            "64 + 32 hidden units learns to read digits. That of the post P has 128.",
        ),
        (
            TrainConfig(activation="tanh"),
            "(tanh) learns to read digits. That of the post P has relu.",
        ),
        (
            TrainConfig(dataset="/a/folder"),
            "learns to recognise your pictures. The post P reads digits.",
        ),
    ],
)
def test_a_sentence_says_what_is_trained_and_how_the_post_differs(
    config: TrainConfig, words: str
) -> None:
    link = f"[{presets.POST_TITLE}]({presets.POST_URL})"
    assert choices.what_is_trained(config).replace(link, "P").endswith(words)


def test_what_was_changed_is_said_and_taken_back_one_by_one(store: Store) -> None:
    app = page(preset="modern")
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
