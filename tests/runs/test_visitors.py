"""A visitor is forgotten, in both databases: all of theirs goes, and all of others stays."""

import numpy as np
import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.database import read_transaction
from scratchmlp.runs.execution import execute
from scratchmlp.runs.permissions import LOCAL, Visitor
from scratchmlp.runs.store import Store
from scratchmlp.runs.tables import metadata
from tests.runs.training import LONG, BackgroundRun

ANN, BEN = Visitor("ann"), Visitor("ben")
CONFIG = TrainConfig(dataset="digits", epochs=1, hidden=(16,))


def rows(store: Store) -> dict[str, list]:
    """All rows of all tables, without what is of the moment."""
    with read_transaction(store._engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
        }


def make_everything(store: Store, visitor: Visitor) -> str:
    """One of everything that a visitor can leave in the database; the id of their shared run."""
    seen = store.seen_by(visitor)
    run_id = seen.create(CONFIG, f"of {visitor.id}")
    assert store.claim(run_id)
    execute(store, run_id)
    seen.run_list.share(run_id, True)
    seen.create(CONFIG)
    seen.run_list.delete([seen.create(CONFIG)])
    seen.send(run_id, "lr", 0.1)
    image = np.full((28, 28), len(visitor.id), np.uint8)
    seen.drawings.add("1", image)
    seen.drawings.delete([seen.drawings.add("2", image + 1)])
    seen.tasks.request("map", {"of": visitor.id}, run_id)
    seen.tasks.request("digits", {"of": visitor.id})
    store.visitors.set_nickname(visitor.id, f"nick of {visitor.id}")
    store.visitors.set_teacher_key(visitor.id, "0" * 32)
    store.visitors.note_first_step(visitor.id, "train")
    return run_id


def test_nothing_of_a_forgotten_visitor_stays_and_nothing_of_others_goes(store: Store) -> None:
    bens = make_everything(store, BEN)
    store.create(CONFIG, "the server's own")
    before = rows(store)
    anns = make_everything(store, ANN)
    store.visitors.hold_link(ANN, bens)
    store.visitors.hold_link(BEN, anns)
    store.seen_by(ANN).tasks.request("map", {"of": "Ben's run"}, bens)
    assert all(len(now) > len(before[table]) for table, now in rows(store).items() if before[table])
    store.visitors.forget(ANN)
    assert rows(store) == before
    store.visitors.forget(ANN)
    assert rows(store) == before


def test_a_run_under_way_ends_when_its_owner_is_forgotten(store: Store) -> None:
    background = BackgroundRun(store.seen_by(LOCAL), LONG)
    with store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET owner = 'ann'"))
    store.visitors.forget(ANN)
    background.thread.join(60)
    assert not background.thread.is_alive()
    assert "deleted elsewhere" in str(background.error)
    assert store.runs() == [] and rows(store)["steps"] == []


def test_the_owner_of_the_machine_is_not_forgotten(store: Store) -> None:
    run_id = store.create(CONFIG)
    with pytest.raises(UserError, match="Only a visitor"):
        store.visitors.forget(LOCAL)
    assert store.run(run_id)
