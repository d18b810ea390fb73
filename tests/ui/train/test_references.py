"""What the curves of a run are compared with."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import presets
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui.train import comparison, references
from tests.data.zipped import packed
from tests.ui.pages import shown, trained
from tests.ui.train.pages import DIGITS, QUICK, page


@given(st.integers(2, 1000))
def test_chance_gives_each_class_the_same_probability(classes: int) -> None:
    accuracy, loss = references.chance(classes)
    assert accuracy * classes == pytest.approx(1)
    assert math.exp(loss) == pytest.approx(classes)


@pytest.mark.parametrize("dataset", ["mnist", "mnist+digits", "/nowhere+digits"])
def test_chance_is_known_before_the_dataset_is_prepared(store: Store, dataset: str) -> None:
    """MNIST is not on this machine; so that a chart stays as it is when the data comes."""
    run = store.run(store.create(replace(presets.MODERN, dataset=dataset)))
    assert references.ends(run)[references.CHANCE] == references.chance(10)


def test_pictures_of_one_s_own_are_known_once_they_are_there_and_looked_at_once(
    store: Store, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To look whether a folder has changed takes long: a chart that is drawn again does not."""
    folder = tmp_path / "two.zip"
    run = store.run(store.create(replace(presets.MODERN, dataset=str(folder))))
    assert references.CHANCE not in references.ends(run)
    folder.write_bytes(packed(digits.train.images[:20]))
    datasets.load(str(folder))
    assert references.ends(run)[references.CHANCE] == references.chance(2)
    monkeypatch.delattr(datasets, "prepared_part")
    assert references.ends(run)[references.CHANCE] == references.chance(2)


def test_a_run_is_compared_with_chance_a_linear_classifier_and_its_recipe(store: Store) -> None:
    run = store.run(store.create(replace(presets.MODERN, dataset="digits", epochs=3)))
    losses = {line.name: line.text for line in references.of_loss(run)}
    assert losses == {"chance": "2.303", "recipe's end": "0.173", "linear classifier": "0.188"}
    accuracies = {line.name: line.text for line in references.of_accuracy(run)}
    assert accuracies == {"chance": "10.0%", "recipe's end": "94.7%", "linear classifier": "94.0%"}


def test_a_recipe_that_is_broken_has_no_end_to_reach(store: Store) -> None:
    run = store.run(store.create(replace(presets.find("zero-init").config, dataset="digits")))
    assert "recipe's end" not in references.ends(run)


def test_a_dataset_that_nobody_measured_has_no_measured_lines(store: Store) -> None:
    run = store.run(store.create(replace(DIGITS, dataset="/no/such/folder")))
    assert references.ends(run) == {}


def test_chance_is_left_out_where_it_would_leave_the_curves_no_room(store: Store) -> None:
    run = store.run(store.create(DIGITS))
    assert 0.1 in references.accuracies_reached(run, lowest=0.2)
    assert 0.1 not in references.accuracies_reached(run, lowest=0.9)


def test_the_previous_run_is_the_last_one_on_the_dataset(store: Store) -> None:
    before = trained(store, QUICK)
    untrained = store.create(DIGITS)
    run_id = trained(store, replace(QUICK, seed=1))
    app = page(run=run_id)
    previous = comparison.previous_run(store.run(run_id))
    assert previous and previous.id == before != untrained
    assert comparison.previous_run(previous) is None
    app.toggle("ghost_run").set_value(True).run()
    assert not app.exception and not app.error
    assert app.query_params["ghost"] == "1"
    again = page(run=run_id, ghost="1")  # a reload, or another person's browser
    assert again.toggle("ghost_run").value
    again.toggle("ghost_run").set_value(False).run()
    assert "ghost" not in again.query_params


def test_a_chart_stands_there_before_the_first_step(store: Store) -> None:
    run_id = store.create(DIGITS)
    app = page(run=run_id)
    assert len(app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")) == 2
    store.claim(run_id)
    store.record(run_id, Update(steps=[{"step": 1, "loss": 2.0, "lr": 0.1}]))
    assert "This run has no diagnosis yet" in shown(app.run())
    assert not app.exception
