"""Inside a run, by AppTest."""

from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.store import Store, Update
from tests.ui.pages import shown, trained
from tests.ui.train.pages import QUICK, view


def test_inside_shows_weights_and_every_measure(store: Store) -> None:
    app = view("Inside", trained(store, QUICK))
    text = shown(app)
    assert "**Weights of the first layer**, after epoch 2" in text
    assert "A dead unit gives 0" in text
    assert "About a thousandth is usual" in text
    assert "Distribution of each layer's outputs" in text
    assert "kept no" not in text


def test_a_run_of_an_older_version_says_what_it_lacks(store: Store) -> None:
    run_id = trained(store, QUICK)
    old = [row._asdict() for row in store.epochs_since(run_id)]
    kept = ("weight_norm", "gradient_norm", "dead")
    aged = store.create(QUICK, "old", status="running")
    for row in old:
        row["statistics"] = {name: row["statistics"][name] for name in kept}
    kept_at = store.checkpoints(run_id)[-1]
    store.record(aged, Update(epochs=old))
    network = checkpoint_file.loads(kept_at.network)
    bare = store.add_network(network, "bare")
    store.end_run(aged, "finished")
    assert "This view appears after the first epoch." in shown(view("Inside", aged))
    text = shown(view("Inside", bare))
    assert "**Weights of the first layer**, after epoch 2" in text
    assert "kept no statistics of its layers" in text
    assert "kept no histograms" in text
