"""Inside a run, by AppTest."""

from dataclasses import replace

import pytest

from scratchmlp.runs.records import Checkpoint
from scratchmlp.runs.store import Store, Update
from tests.ui.pages import shown, trained
from tests.ui.train.pages import QUICK, view


def test_inside_shows_weights_and_every_measure(store: Store) -> None:
    app = view("Inside", trained(store, QUICK))
    text = shown(app)
    assert "Weights of the first layer after epoch 2" in text
    assert "A dead unit gives 0" in text
    assert "About a thousandth is usual" in text
    assert "Distribution of each layer's outputs" in text
    assert "kept no" not in text


@pytest.mark.parametrize("kept", [("weight_norm", "gradient_norm", "dead"), ()])
def test_a_run_of_an_older_version_says_what_it_lacks(store: Store, kept: tuple[str, ...]) -> None:
    run_id = trained(store, QUICK)
    epochs = [row._asdict() for row in store.epochs_since(run_id)]
    for row in epochs:
        row["statistics"] = {name: row["statistics"][name] for name in kept}
    last = store.checkpoints(run_id)[-1]
    checkpoint = Checkpoint(last.step, last.epoch, last.network, b"", best=True)
    aged = store.create(QUICK, "old", status="running")
    changes = {"total_steps": last.step}
    store.record(aged, Update(epochs=epochs, checkpoints=[checkpoint], changes=changes))
    store.end_run(aged, "finished")
    text = shown(view("Inside", aged))
    assert "Weights of the first layer after epoch 2" in text
    assert ("kept no statistics of its layers" in text) == (not kept)
    assert "kept no histograms" in text


def test_equal_units_are_explained_in_place_of_blank_pictures(store: Store) -> None:
    text = shown(view("Inside", trained(store, replace(QUICK, init="zeros"))))
    assert "every unit has the same weights" in text
    assert "It is 0 in every layer after every epoch." in text
    assert "every unit has the same weights" not in shown(view("Inside", trained(store, QUICK)))
