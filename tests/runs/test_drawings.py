"""Drawings in both databases: saved, relabelled, deleted and restored."""

import tempfile
import time

import hypothesis
import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scratchmlp.errors import UserError
from scratchmlp.runs import drawings as module
from scratchmlp.runs.database import write_transaction
from scratchmlp.runs.store import Store
from scratchmlp.runs.tables import drawings

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


def test_a_drawing_is_found_by_its_image(store: Store) -> None:
    image = picture()
    one = store.drawings.add("1", image)
    found = store.drawings.find(image)
    assert found and found.id == one
    assert store.drawings.find(255 - image) is None
    store.drawings.delete([one])
    assert store.drawings.find(image) is None


def test_only_drawings_that_are_missing_are_added(store: Store) -> None:
    """A drawing that was given another label since stays as it is."""
    images = [picture() for _ in range(3)]
    one = store.drawings.add("1", images[0])
    store.drawings.relabel(one, "7")
    sent = [("1", images[0], None), ("2", images[1], LINE), ("2", images[1], None)]
    [two] = store.drawings.add_missing(sent)
    assert [(d.id, d.label) for d in store.drawings.all()] == [(two, "2"), (one, "7")]
    assert store.drawings.add_missing(sent) == []


IMAGES = [picture() for _ in range(4)]
SOME = hypothesis.strategies.lists(hypothesis.strategies.integers(0, 3), max_size=5)


class Sequences(RuleBasedStateMachine):
    """Any sequence of imports, deletions and their undoing, in several tabs."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(f"sqlite:///{self.folder.name}/runs.db")
        self.drawings = self.store.drawings
        self.imported: list[list[str]] = []
        self.deleted: list[tuple[list[str], set[bytes]]] = []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def saved(self) -> set[bytes]:
        return {d.image.tobytes() for d in self.drawings.all()}

    @rule(which=SOME)
    def take_in(self, which: list[int]) -> None:
        before = self.saved()
        self.imported.append(self.drawings.add_missing((str(i), IMAGES[i], None) for i in which))
        assert self.saved() == before | {IMAGES[i].tobytes() for i in which}

    @rule(which=SOME)
    def delete(self, which: list[int]) -> None:
        found = [self.drawings.find(IMAGES[i]) for i in which]
        before, gone = self.saved(), {IMAGES[i].tobytes() for i in which}
        self.deleted.append((self.drawings.delete([d.id for d in found if d]), before & gone))
        assert self.saved() == before - gone

    @precondition(lambda self: self.imported)
    @rule()
    def undo_the_import(self) -> None:
        self.drawings.delete(self.imported.pop())

    @precondition(lambda self: self.deleted)
    @rule(position=hypothesis.strategies.integers(0, 9))
    def bring_back(self, position: int) -> None:
        before, (ids, images) = self.saved(), self.deleted.pop(position % len(self.deleted))
        self.drawings.restore(ids)
        assert self.saved() == before | images

    @invariant()
    def each_drawing_is_there_once(self) -> None:
        assert len(self.drawings.all()) == len(self.saved())


TestSequences = Sequences.TestCase
TestSequences.settings = hypothesis.settings(max_examples=15, stateful_step_count=15, deadline=None)


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
