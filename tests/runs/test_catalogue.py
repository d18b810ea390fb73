"""The list of runs: names, notes, deletion and undo, sparklines. On SQLite and on PostgreSQL."""

import itertools

import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import catalogue
from scratchmlp.runs import database as db
from scratchmlp.runs.checkpoints import KEPT_EPOCHS
from scratchmlp.runs.store import Checkpoint, Store, Update

CONFIG = TrainConfig(dataset="digits", hidden=(16, 8))


def steps(last: int) -> list[dict]:
    return [{"step": n, "loss": 1 / n, "lr": 0.1} for n in range(1, last + 1)]


def age(store: Store, run_id: str, seconds: float) -> None:
    """Let the run have been deleted that much longer ago."""
    query = sa.update(db.runs).where(db.runs.c.id == run_id)
    with db.writing(store._engine) as connection:
        connection.execute(query.values(deleted=db.runs.c.deleted - seconds))


def test_a_run_is_renamed_and_annotated(store: Store) -> None:
    run = store.create(CONFIG, "old")
    store.catalogue.rename(run, "  new \0name ")
    store.catalogue.annotate(run, "Überanpassung ab 5\nsiehe B")
    assert (store.run(run).name, store.run(run).note) == ("new name", "Überanpassung ab 5\nsiehe B")
    with pytest.raises(UserError, match="at most 200 characters: yours has 201"):
        store.catalogue.rename(run, "x" * 201)
    assert store.run(run).name == "new name"


def test_a_deleted_run_is_nowhere_until_it_is_restored(store: Store) -> None:
    kept, gone = store.create(CONFIG), store.create(CONFIG, "gone")
    store.record(
        gone, Update(steps=steps(3), kept=[Checkpoint(3, 1, b"network", b"progress", True)])
    )
    before = store.run(gone)
    store.catalogue.delete([gone])
    assert [run.id for run in store.runs()] == [kept]
    assert store.run("latest").id == kept
    assert store.queued() == [kept]
    assert not store.claim(gone)
    with pytest.raises(UserError, match="was deleted: the Runs page brings it back"):
        store.run(gone)
    assert [run.id for run in store.catalogue.deleted()] == [gone]
    store.catalogue.restore([gone])
    assert store.run(gone) == before
    assert store.queued() == [kept, gone]
    assert len(store.steps_since(gone)) == 3
    assert store.catalogue.deleted() == []


def test_a_run_that_trains_is_told_to_stop_and_can_end(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    store.catalogue.delete([run])
    [stop] = store.pending(run)
    assert stop.kind == "stop"
    store.record(run, Update(steps=steps(2), applied=[(stop.id, 2)]))
    store.end(run, "stopped", test_accuracy=0.5)
    store.catalogue.restore([run])
    assert (store.run(run).status, store.run(run).test_accuracy) == ("stopped", 0.5)


def test_all_are_deleted_at_once_and_come_back(store: Store) -> None:
    runs = [store.create(CONFIG) for _ in range(5)]
    store.catalogue.delete(runs)
    assert store.runs() == []
    with pytest.raises(UserError, match="There is no run yet"):
        store.run("latest")
    store.catalogue.restore(runs)
    assert {run.id for run in store.runs()} == set(runs)


def test_what_was_deleted_long_ago_is_forgotten_with_all_it_had(store: Store) -> None:
    old, fresh, kept = (store.create(CONFIG) for _ in range(3))
    for run in (old, fresh, kept):
        store.record(run, Update(steps=steps(4), kept=[Checkpoint(4, 1, b"n", b"p", True)]))
    store.catalogue.delete([old, fresh])
    store.catalogue.delete([old])  # again: it counts from the first time
    age(store, old, catalogue.KEPT_SECONDS + 1)
    assert [run.id for run in store.catalogue.deleted()] == [fresh]
    assert store.catalogue.forget() == 1
    assert store.catalogue.forget() == 0
    assert store.steps_since(old) == []
    assert store.networks(old) == []
    assert len(store.steps_since(fresh)) == len(store.steps_since(kept)) == 4


@pytest.mark.parametrize("last", [1, 2, 39, 40, 41, 1000])
def test_a_sparkline_goes_from_the_first_step_to_the_last(store: Store, last: int) -> None:
    run, other = store.create(CONFIG), store.create(CONFIG)
    store.record(run, Update(steps=steps(last)))
    line = store.catalogue.sparklines([run, other])[run]
    assert (line[0], line[-1]) == (1.0, 1 / last)
    assert len(line) == min(last, 40)
    assert line == sorted(line, reverse=True)
    assert other not in store.catalogue.sparklines([run, other])


def test_a_sparkline_leaves_out_what_was_no_number(store: Store) -> None:
    run = store.create(CONFIG)
    rows = steps(3)
    rows[1]["loss"] = float("nan")
    store.record(run, Update(steps=rows))
    assert store.catalogue.sparklines([run]) == {run: [1.0, 1 / 3]}
    assert store.catalogue.sparklines([]) == {}


def test_sparklines_look_steps_up_by_their_key() -> None:
    """Not by the clock: by the plan. (PostgreSQL's depends on how many steps there are.)"""
    store = Store()
    plans = []

    @sa.event.listens_for(store._engine, "before_cursor_execute")
    def explain(connection, cursor, statement, parameters, *rest):  # type: ignore[no-untyped-def]
        if "shares" in statement:
            plan = cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters).fetchall()
            plans.extend(row[-1] for row in plan)

    store.catalogue.sparklines([store.create(CONFIG)])
    looks = [plan for plan in plans if " steps " in plan]
    assert sorted(plan.partition("(")[2] for plan in looks) == ["run=? AND step=?)", "run=?)"]
    assert not any("TEMP B-TREE FOR GROUP BY" in plan for plan in plans)
    store.close()


def test_the_kept_epochs_are_early_ones_then_ever_further_apart() -> None:
    gaps = [b - a for a, b in itertools.pairwise(KEPT_EPOCHS)]
    assert gaps == sorted(gaps)
