"""Drawings in both databases: saved, relabelled, deleted and restored."""

import time

import numpy as np
import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs import drawings as module
from scratchmlp.runs.database import drawings, write_transaction
from scratchmlp.runs.store import Store

LINE = [[(1.5, 2.0), (3.0, 4.25)], [(5.0, 5.0)]]
RNG = np.random.default_rng(0)


def picture() -> np.ndarray:
    return RNG.integers(0, 256, (28, 28), dtype=np.uint8)


def test_a_saved_drawing_can_be_read(store: Store) -> None:
    image = picture()
    one = store.drawings.add("3", image, LINE)
    two = store.drawings.add("7", 255 - image)
    newest, oldest = store.drawings.all()
    assert (newest.id, oldest.id) == (two, one)
    assert (oldest.label, newest.label) == ("3", "7")
    np.testing.assert_array_equal(oldest.image, image)
    assert oldest.strokes == [[[1.5, 2.0], [3.0, 4.25]], [[5.0, 5.0]]]
    assert newest.strokes is None
    assert store.drawings.get(one).created == oldest.created


def test_examples_are_the_drawings_of_the_classes(store: Store) -> None:
    images = [picture() for _ in range(4)]
    store.drawings.add_all((c, i, None) for c, i in zip("3a73", images, strict=True))
    examples = store.drawings.examples(tuple("0123456789"))
    assert examples.labels.tolist() == [3, 7, 3]
    np.testing.assert_array_equal(examples.images, np.stack([images[0], images[2], images[3]]))
    assert store.drawings.examples(("a", "b")).labels.tolist() == [0]
    nothing = store.drawings.examples(("cat",))
    assert nothing.images.shape == (0, 28, 28) and nothing.labels.shape == (0,)


def test_a_drawing_is_relabelled(store: Store) -> None:
    one = store.drawings.add("1", picture())
    store.drawings.relabel(one, "7")
    assert store.drawings.get(one).label == "7"
    for label in ("", "x" * 201):
        with pytest.raises(UserError, match="1 to 200 letters"):
            store.drawings.relabel(one, label)


def test_deleted_drawings_can_be_restored(store: Store) -> None:
    ids = [store.drawings.add(name, picture()) for name in "123"]
    assert store.drawings.delete([ids[1]]) == [ids[1]]
    assert [d.id for d in store.drawings.all()] == [ids[2], ids[0]]
    assert store.drawings.delete([ids[1]]) == []  # it is deleted already
    with pytest.raises(UserError, match="does not exist any more"):
        store.drawings.get(ids[1])
    gone = store.drawings.delete()
    assert sorted(gone) == sorted([ids[0], ids[2]])
    assert store.drawings.all() == []
    store.drawings.restore(gone)
    assert [d.id for d in store.drawings.all()] == [ids[2], ids[0]]  # not the one deleted before


def test_drawings_deleted_long_ago_are_removed(store: Store) -> None:
    old, new = store.drawings.add("1", picture()), store.drawings.add("2", picture())
    store.drawings.delete([old])
    with write_transaction(store._engine) as connection:
        connection.execute(
            sa.update(drawings)
            .where(drawings.c.id == old)
            .values(deleted=time.time() - module.DRAWING_RETENTION - 1)
        )
    store.drawings.delete([new])
    store.drawings.restore([old, new])
    assert [d.id for d in store.drawings.all()] == [new]


def test_the_number_of_drawings_is_limited(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DRAWINGS", 2)
    store.drawings.add("1", picture())
    with pytest.raises(UserError, match="At most 2 drawings"):
        store.drawings.add_all([("1", picture(), None), ("2", picture(), None)])
    assert len(store.drawings.all()) == 1
    store.drawings.add("2", picture())


@pytest.mark.parametrize("label", ["", "a\ud800", "a\0", "a" * 201])
def test_a_label_that_cannot_be_stored_is_refused(store: Store, label: str) -> None:
    with pytest.raises(UserError, match="A drawing's label is text of 1 to 200 letters"):
        store.drawings.add(label, picture())


def test_another_owners_drawings_are_never_touched(store: Store) -> None:
    one = store.drawings.add("1", picture())
    with write_transaction(store._engine) as connection:
        connection.execute(sa.update(drawings).values(owner="somebody"))
    store.drawings.delete()
    store.drawings.restore([one])
    store.drawings.relabel(one, "2")
    assert store.drawings.all() == []
    with write_transaction(store._engine) as connection:
        row = connection.execute(sa.select(drawings)).one()
    assert (row.label, row.deleted) == ("1", None)
