"""Teaching a run some drawings: the new run, and the accuracies before and after."""

from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scratchmlp.analysis import prediction
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat
from scratchmlp.runs import checkpoint_file, database, run_list, tables, teaching
from scratchmlp.runs.execution import execute
from scratchmlp.runs.network_import import import_network
from scratchmlp.runs.store import Store
from scratchmlp.runs.teaching import TeachingResult
from tests.ui.pages import trained

SMALL = TrainConfig(dataset="digits", hidden=(16,), epochs=4)


def test_teaching_a_run_makes_a_new_run(store: Store, digits: Dataset) -> None:
    old = store.create(SMALL, "mine", "running")
    execute(store, old)
    before = store.network_bytes(old)
    drawings = digits.test.take(np.arange(8))
    new = store.run(teaching.teach(store, old, drawings))
    assert (new.status, new.parent, new.name) == ("finished", old, "mine, taught 8 drawings")
    assert store.network_bytes(old) == before != store.network_bytes(new.id)
    result = teaching.measure(store, new.id, drawings)
    assert (result.run, result.drawings) == (new.id, 8)
    assert (result.test_before, result.test_after) == (
        store.run(old).test_accuracy,
        new.test_accuracy,
    )
    assert store.network(new.id).evaluate(digits.test)[1] == new.test_accuracy


def test_teaching_twice_is_no_different_from_teaching_once(store: Store, digits: Dataset) -> None:
    """Neither a second press nor a drawing that was taught before changes what is learned."""
    run_id = trained(store, SMALL, "mine")
    one, three = (digits.test.take(np.arange(n)) for n in (1, 3))
    once = teaching.teach(store, run_id, three)
    assert teaching.teach(store, once, three) == once
    assert teaching.teach(store, run_id, three) == once
    first = teaching.teach(store, run_id, one)
    assert teaching.teach(store, first, three) == once
    assert teaching.teach(store, once, one) == first
    assert len(store.runs()) == 3
    weights = flat(store.network(once).params)
    store.run_list.delete([once])
    again = teaching.teach(store, first, three)
    assert again != once
    assert all(map(torch.equal, flat(store.network(again).params), weights))
    assert store.run(again).name == "mine, taught 3 drawings"


def test_a_taught_run_goes_back_to_the_untaught_one_when_that_is_deleted(
    store: Store, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = trained(store, SMALL, "n" * 200)
    some, more = (digits.test.take(np.arange(n)) for n in (2, 3))
    expected = flat(store.network(teaching.teach(store, run_id, more)).params)
    taught = teaching.teach(store, run_id, some)
    assert store.run(taught).name == "n" * 181 + ", taught 2 drawings"
    store.run_list.delete([run.id for run in store.runs() if run.id != taught])
    monkeypatch.setattr(run_list, "RUN_RETENTION", -1.0)  # an hour has passed
    assert store.run_list.purge() == 1
    again = teaching.teach(store, taught, more)
    assert all(map(torch.equal, flat(store.network(again).params), expected))
    store.run_list.delete([run.id for run in store.runs()])
    assert store.run_list.purge() == 2
    assert store.run_list.purge() == 1  # what nobody was taught from any more


def test_a_run_that_was_taught_twice_by_an_older_version(store: Store, digits: Dataset) -> None:
    """Its parent was taught, too; and a run whose parent is gone counts as untaught."""
    run_id = trained(store, SMALL)
    network = store.network(run_id)
    parent = store.add_network(network, "a", run_id)
    child = store.add_network(network, "b", parent)
    assert store.run_list.untaught(child).id == run_id
    with database.write_transaction(store._engine) as connection:
        connection.execute(sa.delete(tables.runs).where(tables.runs.c.id == run_id))
    assert store.run_list.untaught(child).id == parent
    with pytest.raises(UserError, match="There is no run"):
        store.run_list.untaught(run_id)


def test_classes_in_another_order_are_replayed_correctly(store: Store, digits: Dataset) -> None:
    run_id = trained(store, SMALL)
    network = store.network(run_id)
    (w1, b1), (w2, b2) = network.params
    turned = replace(
        network, params=[(w1, b1), (w2.flip(1), b2.flip(0))], classes=network.classes[::-1]
    )
    other = import_network(store, checkpoint_file.dumps(turned), "turned")
    some = digits.test.take(np.arange(8))
    drawings = Examples(some.images, 9 - some.labels)
    one, two = (
        teaching.measure(store, teaching.teach(store, *what), what[1])
        for what in ((run_id, some), (other, drawings))
    )
    assert two.test_before == one.test_before
    assert two.test_after == pytest.approx(one.test_after, abs=0.05)


def test_no_drawings_are_one_sentence(store: Store, digits: Dataset) -> None:
    with pytest.raises(UserError, match="nothing to teach"):
        teaching.teach(store, "any", digits.test.take(np.arange(0)))
    with pytest.raises(UserError, match="There is no run"):
        teaching.teach(store, "any", digits.test.take(np.arange(1)))


def test_a_drawing_is_held_out_if_another_of_its_class_is_taught(
    store: Store, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a network is never judged by its only drawing of a class, which it was not taught."""
    run_id = trained(store, SMALL)
    labels = digits.test.labels
    rows = [*np.flatnonzero(labels == 3)[:4], *np.flatnonzero(labels == 7)[:1]]
    drawings = digits.test.take(np.array(rows))
    taught = teaching.teach(store, run_id, drawings)
    lessons: list[tuple[set[bytes], object]] = []
    teach = teaching.finetune.teach

    def watched(network, inside, replay):  # type: ignore[no-untyped-def]
        lessons.append(
            ({image.tobytes() for image in inside.images}, teach(network, inside, replay))
        )
        return lessons[-1][1]

    monkeypatch.setattr(teaching.finetune, "teach", watched)
    *progress, result = teaching.measure_stepwise(store, taught, drawings)
    assert progress == [(n, 4) for n in range(4)]
    assert isinstance(result, TeachingResult) and result.held_out == 4
    right = 0
    for image, label in zip(drawings.images, drawings.labels, strict=True):
        networks = [network for inside, network in lessons if image.tobytes() not in inside]
        assert len(networks) == (label == 3)
        p = prediction.probabilities((networks or [store.network(taught)])[0], image[None])
        right += p.argmax() == label
    assert result.after == right / 5


@given(arrays(np.int64, st.integers(0, 40), elements=st.integers(0, 5)))
def test_each_drawing_of_a_class_with_two_is_held_out_once(labels: np.ndarray) -> None:
    folds = teaching.held_out_folds(labels)
    assert len(folds) <= teaching.FOLDS
    held_out = sorted(int(row) for rows in folds for row in rows)
    assert held_out == [i for i, label in enumerate(labels) if (labels == label).sum() > 1]
    for rows in folds:
        assert len(rows)
        assert set(np.delete(labels, rows)) == set(labels)  # each class is still taught


def test_folds_are_leave_one_out_for_few_drawings() -> None:
    labels = np.array([7, 3, 7, 7])
    assert [rows.tolist() for rows in teaching.held_out_folds(labels)] == [[0], [2], [3]]


def test_the_result_is_one_sentence() -> None:
    result = TeachingResult("id", 7, 4, 5 / 7, 1.0, 0.9813, 0.9802)
    assert result.sentence == (
        "Learned from your 7 drawings: 5 were right before, 7 now (4 held out); "
        "test accuracy was 98.13% and is 98.02%."
    )
    alone = TeachingResult("id", 1, 0, 0.0, 1.0, None, None)
    said = "Learned from your 1 drawing: it was wrong before, and right now."
    assert alone.sentence == said
    assert replace(alone, after=0.0).sentence == said.replace("right now", "still wrong now")
