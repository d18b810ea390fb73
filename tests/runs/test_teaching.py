"""Teaching a run some drawings: the new run, and the accuracies before and after."""

from dataclasses import replace

import numpy as np
import pytest

from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import checkpoint_file, teaching
from scratchmlp.runs.execution import execute
from scratchmlp.runs.network_import import import_network
from scratchmlp.runs.store import Store


def test_teaching_a_run_makes_a_new_run(store: Store, digits: Dataset) -> None:
    old = store.create(TrainConfig(dataset="digits", hidden=(16,), epochs=4), "mine", "running")
    execute(store, old)
    before = store.network_bytes(old)
    drawings = digits.test.take(np.arange(8))
    taught = teaching.teach(store, old, drawings)
    new = store.run(taught.run)
    assert (new.status, new.parent, new.name) == ("finished", old, "mine, taught 8 drawings")
    assert new.test_accuracy == taught.test_after
    assert store.run(old).test_accuracy == pytest.approx(taught.test_before)
    assert taught.drawings == 8
    assert 0 <= taught.before <= 1 and 0 <= taught.after <= 1
    assert store.network_bytes(old) == before != store.network_bytes(new.id)


def test_a_taught_run_can_be_taught_again(store: Store, digits: Dataset) -> None:
    """Its name does not grow each time, and never becomes too long."""
    config = TrainConfig(dataset="digits", hidden=(16,), epochs=1)
    run_id = store.create(config, "n" * 200, "running")
    execute(store, run_id)
    for n in (2, 3):
        run_id = teaching.teach(store, run_id, digits.test.take(np.arange(n))).run
        assert store.run(run_id).name == "n" * 181 + f", taught {n} drawings"


def test_classes_in_another_order_are_replayed_correctly(store: Store, digits: Dataset) -> None:
    run_id = store.create(TrainConfig(dataset="digits", hidden=(16,), epochs=4), "", "running")
    execute(store, run_id)
    network = store.network(run_id)
    (w1, b1), (w2, b2) = network.params
    turned = replace(
        network, params=[(w1, b1), (w2.flip(1), b2.flip(0))], classes=network.classes[::-1]
    )
    other = import_network(store, checkpoint_file.dumps(turned), "turned")
    some = digits.test.take(np.arange(8))
    drawings = Examples(some.images, 9 - some.labels)
    one, two = (teaching.teach(store, *what) for what in ((run_id, some), (other, drawings)))
    assert two.test_before == one.test_before
    assert two.test_after == pytest.approx(one.test_after, abs=0.05)


def test_no_drawings_are_one_sentence(store: Store, digits: Dataset) -> None:
    with pytest.raises(UserError, match="nothing to teach"):
        teaching.teach(store, "any", digits.test.take(np.arange(0)))


def test_after_is_measured_on_drawings_that_were_not_taught(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    drawings = digits.test.take(np.arange(20))
    rows = {image.tobytes(): i for i, image in enumerate(drawings.images)}

    def teach(network, inside, replay):  # type: ignore[no-untyped-def]
        return {rows[image.tobytes()] for image in inside.images}

    def correct(taught, outside):  # type: ignore[no-untyped-def]
        held = [rows[image.tobytes()] for image in outside.images]
        assert not taught & set(held)
        shown.extend(held)
        return np.ones(len(held), dtype=bool)

    monkeypatch.setattr(teaching.finetune, "teach", teach)
    monkeypatch.setattr(teaching, "_correct", correct)
    assert teaching.held_out_accuracy(None, drawings, digits.train) == 1  # type: ignore[arg-type]
    assert sorted(shown) == list(range(20))
