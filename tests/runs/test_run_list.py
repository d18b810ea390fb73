"""The list of runs: names, notes, deletion and undo, sparklines."""

import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs import database as db
from scratchmlp.runs import run_list, tables
from scratchmlp.runs.store import Checkpoint, Store, Update
from tests.runs.updates import CONFIG, steps


def age(store: Store, run_id: str, seconds: float) -> None:
    """Move the time of the run's deletion into the past."""
    query = sa.update(tables.runs).where(tables.runs.c.id == run_id)
    with db.write_transaction(store._engine) as connection:
        connection.execute(query.values(deleted=tables.runs.c.deleted - seconds))


def test_a_run_gets_a_name_and_a_note(store: Store) -> None:
    run = store.create(CONFIG, "old")
    store.run_list.rename(run, "  new \0name ")
    store.run_list.set_note(run, "Überanpassung ab 5\nsiehe B")
    assert (store.run(run).name, store.run(run).note) == ("new name", "Überanpassung ab 5\nsiehe B")
    with pytest.raises(UserError, match="at most 200 characters: yours has 201"):
        store.run_list.rename(run, "x" * 201)
    assert store.run(run).name == "new name"


@pytest.mark.parametrize("text", ["a\ud800b", "a\0b", "a\x1bb"])
def test_what_cannot_be_stored_or_shown_is_left_out_of_a_name(store: Store, text: str) -> None:
    run = store.create(CONFIG, text)
    assert store.run(run).name == "ab"
    store.run_list.rename(run, text + "c")
    store.run_list.set_note(run, text)
    assert (store.run(run).name, store.run(run).note) == ("abc", "ab")


@pytest.mark.parametrize("run_id", ["a\ud800", "a\0", "\udcff"])
def test_an_id_that_cannot_be_stored_is_no_run(store: Store, run_id: str) -> None:
    with pytest.raises(UserError, match="There is no run"):
        store.run(run_id)


def test_a_deleted_run_is_in_no_list_until_it_is_restored(store: Store) -> None:
    other, gone = store.create(CONFIG), store.create(CONFIG, "gone")
    store.record(
        gone,
        Update(steps=steps(1, 3), checkpoints=[Checkpoint(3, 1, b"network", b"progress", True)]),
    )
    before = store.run(gone)
    store.run_list.delete([gone])
    assert [run.id for run in store.runs()] == [other]
    assert store.run("latest").id == other
    assert store.queue() == [other]
    assert not store.claim(gone)
    with pytest.raises(UserError, match="was deleted: you can restore it on the Runs page"):
        store.run(gone)
    assert [run.id for run in store.run_list.deleted()] == [gone]
    store.run_list.restore([gone])
    assert store.run(gone) == before
    assert store.queue() == [other, gone]
    assert len(store.steps_since(gone)) == 3
    assert store.run_list.deleted() == []


def test_only_runs_that_wait_train_or_are_paused_are_under_way(store: Store) -> None:
    statuses = "queued", "running", "paused", "finished", "stopped", "diverged", "failed"
    made = {status: store.create(CONFIG, status=status) for status in statuses}
    assert store.run_list.under_way() == [made[s] for s in ("queued", "running", "paused")]
    store.run_list.delete([made["queued"]])
    assert store.run_list.under_way() == [made["running"], made["paused"]]


def test_a_deleted_run_that_trains_stops(store: Store) -> None:
    run = store.create(CONFIG)
    store.claim(run)
    store.run_list.delete([run])
    [stop] = store.pending_commands(run)
    assert stop.kind == "stop"
    store.record(run, Update(steps=steps(1, 2), applied=[(stop.id, 2)]))
    store.end_run(run, "stopped", test_accuracy=0.5)
    store.run_list.restore([run])
    assert (store.run(run).status, store.run(run).test_accuracy) == ("stopped", 0.5)


def test_all_runs_can_be_deleted_and_restored(store: Store) -> None:
    runs = [store.create(CONFIG) for _ in range(5)]
    store.run_list.delete(runs)
    assert store.runs() == []
    with pytest.raises(UserError, match="There is no run yet"):
        store.run("latest")
    store.run_list.restore(runs)
    assert {run.id for run in store.runs()} == set(runs)


def test_runs_deleted_long_ago_are_purged_with_all_their_rows(store: Store) -> None:
    old, fresh, other = (store.create(CONFIG) for _ in range(3))
    for run in (old, fresh, other):
        store.record(
            run, Update(steps=steps(1, 4), checkpoints=[Checkpoint(4, 1, b"n", b"p", True)])
        )
    store.run_list.delete([old, fresh])
    store.run_list.delete([old])  # again: the first deletion counts
    age(store, old, run_list.RUN_RETENTION + 1)
    assert [run.id for run in store.run_list.deleted()] == [fresh]
    assert store.run_list.purge() == 1
    assert store.run_list.purge() == 0
    assert store.steps_since(old) == []
    assert store.checkpoints(old) == []
    assert len(store.steps_since(fresh)) == len(store.steps_since(other)) == 4


@pytest.mark.parametrize("last", [1, 2, 39, 40, 41, 1000])
def test_a_sparkline_goes_from_the_first_step_to_the_last(store: Store, last: int) -> None:
    run, other = store.create(CONFIG), store.create(CONFIG)
    store.record(run, Update(steps=steps(1, last)))
    line = store.run_list.sparklines([run, other])[run]
    assert (line[0], line[-1]) == (1.0, 1 / last)
    assert len(line) == min(last, 40)
    assert line == sorted(line, reverse=True)
    assert other not in store.run_list.sparklines([run, other])


def test_a_sparkline_leaves_out_null_losses(store: Store) -> None:
    run = store.create(CONFIG)
    rows = steps(1, 3)
    rows[1]["loss"] = float("nan")
    store.record(run, Update(steps=rows))
    assert store.run_list.sparklines([run]) == {run: [1.0, 1 / 3]}
    assert store.run_list.sparklines([]) == {}


def test_sparklines_are_a_search_by_the_key() -> None:
    """The query plan says so. (PostgreSQL's plan depends on the number of steps.)"""
    store = Store()
    plans = []

    @sa.event.listens_for(store._engine, "before_cursor_execute")
    def explain(connection, cursor, statement, parameters, *rest):  # type: ignore[no-untyped-def]
        if "shares" in statement:
            plan = cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters).fetchall()
            plans.extend(row[-1] for row in plan)

    store.run_list.sparklines([store.create(CONFIG)])
    looks = [plan for plan in plans if " steps " in plan]
    assert sorted(plan.partition("(")[2] for plan in looks) == ["run=? AND step=?)", "run=?)"]
    assert not any("TEMP B-TREE FOR GROUP BY" in plan for plan in plans)
    store.close()
