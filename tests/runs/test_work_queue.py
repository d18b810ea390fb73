"""The queue in both databases: who is next, and what becomes of the work of a dead worker."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from scratchmlp.errors import UserError
from scratchmlp.runs import jobs, records
from scratchmlp.runs.jobs import DeathWatch
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store, Update
from scratchmlp.runs.work_queue import MAX_TRIES, Heart, Item
from tests.runs.updates import CONFIG, checkpoint, epoch, steps


def running(store: Store) -> str:
    """A run that a worker has claimed, with a checkpoint at step 10 and steps until 15."""
    run = store.create(CONFIG)
    assert store.work.claim_next() == ("run", run)
    update = Update(steps=steps(1, 15), epochs=[epoch(1)], checkpoints=[checkpoint(1)])
    store.record(run, update)
    return run


def die(store: Store) -> None:
    """What every worker did is found dead."""
    for heart in store.work.hearts():
        store.work.revive(heart)


def test_runs_and_tasks_wait_in_one_queue_and_each_is_claimed_once(store: Store) -> None:
    first = store.create(CONFIG)
    task = store.tasks.request("map", {"n": 1})
    last = store.create(CONFIG)
    expected = [("run", first), ("task", task.id), ("run", last)]
    assert store.work.waiting() == expected
    assert store.queue() == [first, last]
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: store.work.claim_next(), range(6)))
    assert sorted(filter(None, claims)) == sorted(expected)
    assert store.work.waiting() == []


def test_workers_take_turns_among_visitors_as_the_page_says(store: Store) -> None:
    """What waits is claimed in the order that `waiting` and the estimate have."""
    ann, ben, eve = (store.seen_by(Visitor(name)) for name in ("ann", "ben", "eve"))
    anns = [ann.create(CONFIG) for _ in range(2)]
    store.create(CONFIG)
    bens = ben.create(CONFIG)
    task = eve.tasks.request("map", {"n": 1}).id
    waiting = store.work.waiting()
    assert [item.id for item in waiting if item.id in (*anns, bens, task)] == [
        anns[0],
        bens,
        task,
        anns[1],
    ]
    assert list(store.work.starts(workers=9)) == waiting
    assert [store.work.claim_next() for _ in waiting] == waiting
    assert ann.queue() == []


def test_whoever_had_seconds_in_the_last_hour_comes_later(store: Store) -> None:
    ann, ben = store.seen_by(Visitor("ann")), store.seen_by(Visitor("ben"))
    had, anns, bens = ann.create(CONFIG), ann.create(CONFIG), ben.create(CONFIG)
    assert store.work.claim_next() == ("run", had)
    store.end_run(had, "finished", train_seconds=9.0)
    ann.run_list.delete([had])  # it counts all the same
    assert store.work.waiting() == [("run", bens), ("run", anns)]


def test_a_visitors_queue_names_no_run_of_others(store: Store) -> None:
    ann, ben = store.seen_by(Visitor("ann")), store.seen_by(Visitor("ben"))
    anns, bens = ann.create(CONFIG), ben.create(CONFIG)
    assert (ann.queue(), ben.queue(), store.queue()) == ([anns], [bens], [anns, bens])


def test_several_servers_share_one_queue(store: Store) -> None:
    """Each has a store of its own; nothing is taken twice, and nothing is left."""
    others = [Store(store.url) for _ in range(3)]
    for n in range(12):
        store.seen_by(Visitor(str(n % 3))).create(CONFIG)
    expected = store.work.waiting()

    def take(k: int) -> list[Item | None]:
        return [others[k].work.claim_next(f"worker {k}") for _ in range(5)]

    with ThreadPoolExecutor(3) as pool:
        taken = [item for items in pool.map(take, range(3)) for item in items if item]
    assert len(taken) == 6 and set(taken) <= set(expected)  # each visitor has two under way
    for other in others:
        other.close()


def test_a_dead_workers_run_goes_back_to_its_last_checkpoint_and_to_its_place(store: Store) -> None:
    run = running(store)
    store.create(CONFIG)
    claimed = store.run(run).started
    die(store)
    assert (store.run(run).status, store.run(run).started) == ("queued", None)
    assert store.work.waiting()[0] == ("run", run)
    assert len(store.steps_since(run)) == 10
    assert store.work.hearts() == []
    with pytest.raises(UserError, match="has been resumed or deleted elsewhere"):
        store.record(run, Update(steps=steps(16, 17)), claimed)  # the process was only asleep


def test_a_heart_that_has_beaten_since_is_not_dead(store: Store) -> None:
    run = running(store)
    [heart] = store.work.hearts()
    store.record(run, Update(changes={"heartbeat": heart.beat + 1}))
    store.work.revive(heart)
    assert store.run(run).status == "running"


def test_a_run_fails_when_it_has_killed_three_workers_without_a_checkpoint(store: Store) -> None:
    run = running(store)
    for _ in range(MAX_TRIES):
        die(store)
        assert store.work.claim_next() == ("run", run)
    die(store)
    failed = store.run(run)
    assert failed.status == "failed"
    assert "was killed 3 times without progress" in str(failed.error)
    store.requeue(run)
    die(store)
    assert store.work.claim_next() == ("run", run)
    assert store.run(run).tries == 1


def test_a_checkpoint_is_progress(store: Store) -> None:
    run = running(store)
    for n in range(2, 2 + MAX_TRIES + 2):
        die(store)
        store.work.claim_next()
        store.record(run, Update(checkpoints=[checkpoint(n)]))
        assert store.run(run).tries == 0


def test_a_dead_task_starts_again_and_fails_after_three_tries(store: Store) -> None:
    task = store.tasks.request("map", {"n": 1})
    for _ in range(MAX_TRIES):
        assert store.work.claim_next() == ("task", task.id)
        store.tasks.report_progress(task.id, 3, 9)
        die(store)
    failed = store.tasks.get(task.id)
    assert failed.status == "failed"
    assert "start it again" in str(failed.error)
    assert store.tasks.request("map", {"n": 1}).status == "queued"
    assert store.work.claim_next() == ("task", task.id)


@pytest.mark.parametrize(
    ("status", "commands", "after"),
    [
        ("running", [], "queued"),
        ("running", ["pause"], "paused"),
        ("running", ["pause", "lr", "resume"], "queued"),
        ("running", ["stop"], "stopped"),
        ("paused", ["lr"], "paused"),
        ("paused", ["epoch"], "queued"),
        ("paused", ["resume"], "queued"),
        ("paused", ["resume", "pause"], "paused"),
        ("paused", ["stop"], "stopped"),
    ],
)
def test_a_dead_run_obeys_what_it_was_told(
    store: Store, status: str, commands: list, after: str
) -> None:
    run = running(store)
    store.record(run, Update(changes={"status": status}))
    for kind in commands:
        store.send(run, kind, 0.5 if kind == "lr" else None)
    die(store)
    assert store.run(run).status == after
    left = [command.kind for command in store.pending_commands(run)]
    assert left == (commands if after == "queued" else [kind for kind in commands if kind == "lr"])


def test_a_paused_run_stays_paused_and_is_resumed_by_its_button(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LOST_AFTER", -1.0)
    run = running(store)
    store.record(run, Update(changes={"status": "paused"}))
    assert store.work.hearts() == []
    assert store.run(run).status == "paused"
    store.send(run, "resume")
    die(store)
    assert store.work.claim_next() == ("run", run)


def test_a_deleted_run_does_not_go_on(store: Store) -> None:
    run = running(store)
    store.run_list.delete([run])
    die(store)
    assert store.work.waiting() == []
    store.run_list.restore([run])
    assert store.run(run).status == "stopped"


def test_a_run_of_a_terminal_waits_for_a_person(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process may only be asleep: Ctrl-Z stops it, and `fg` lets it go on."""
    run = store.create(CONFIG, status="running")
    assert store.work.hearts() == []
    monkeypatch.setattr(records, "LOST_AFTER", -1.0)
    assert store.run(run).status == "lost"
    store.requeue(run)
    assert store.work.claim_next() == ("run", run)
    assert len(store.work.hearts()) == 1
    store.requeue(run, status="running")  # in a terminal again
    assert store.work.hearts() == []


def test_one_epoch_stays_in_force(store: Store) -> None:
    run = running(store)
    done, told = store.send(run, "pause"), store.send(run, "epoch")
    rate = store.send(run, "lr", 0.5)
    store.record(run, Update(applied=[(done, 10), (told, 10), (rate, 10)]))
    die(store)
    assert [command.id for command in store.pending_commands(run)] == [told]
    assert store.later_rates(run, 10) == [(rate, 0.5, 10)]


def test_a_heart_is_dead_only_if_it_was_seen_to_stand_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While nobody can look, no heart can beat: then the time counts from the next look."""
    clock = [100.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: clock[0])
    watch = DeathWatch()
    still, other = Heart(Item("run", "a"), 7.0), Item("run", "b")

    def look(seconds: float) -> list[Heart]:
        clock[0] += seconds
        return watch.dead([still, Heart(other, clock[0])])

    assert [look(1) for _ in range(11)] == [[]] * 11
    assert look(1) == [still]
    assert look(25) == []  # the database was away
    assert [look(1) for _ in range(10)] == [[]] * 10
    assert look(1) == [still]
