"""A visitor of a hosted server stays within the limits; nobody else notices anything."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from scratchmlp.errors import UserError
from scratchmlp.net.events import Stopped
from scratchmlp.net.network import Network
from scratchmlp.runs.execution import execute
from scratchmlp.runs.limits import Limits
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.records import Update
from scratchmlp.runs.store import Store
from scratchmlp.runs.turns import Item
from scratchmlp.runs.work_queue import NEW
from tests.conftest import ROOT
from tests.runs.training import LONG
from tests.runs.updates import CONFIG

ANN, BEN = Visitor("ann"), Visitor("ben")
INK = np.arange(784, dtype=np.uint8).reshape(28, 28)


@pytest.fixture
def limited(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Store]:
    """The store for Ann, with these limits."""

    def make(**limits: int) -> Store:
        store.limits = Limits(**limits)
        store.work._max_running = store.limits.running
        return store.seen_by(ANN)

    return make


def ended(store: Store, n: int) -> list[str]:
    """Runs of Ann's that were cancelled, the oldest first."""
    made = []
    for _ in range(n):
        made.append(store.create(CONFIG))
        store.cancel(made[-1])
    return made


def test_each_limit_is_a_variable_with_a_default() -> None:
    assert Limits.read({}) == Limits(2, 5, 300, 2_000_000, 200, 500, 3, 10)
    for each in fields(Limits):
        read = Limits.read({each.metadata["variable"]: "7"})
        assert read == replace(Limits(), **{each.name: 7})


def test_the_page_about_the_limits_has_each_with_its_default() -> None:
    page = (ROOT / "docs" / "limits.md").read_text()
    for each in fields(Limits):
        row = f"| `{each.metadata['variable']}` | {each.default:,} | {each.metadata['help']} |"
        assert row in page


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "many", "9" * 11, "²", "1_0", " "])
def test_a_wrong_value_is_one_sentence_that_names_the_variable(wrong: str) -> None:
    with pytest.raises(UserError, match=r"^SCRATCHMLP_MAX_RUNS is .*: it must be a whole number"):
        Limits.read({"SCRATCHMLP_MAX_RUNS": wrong})


def test_a_store_does_not_open_with_a_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_MAX_SECONDS", "soon")
    with pytest.raises(UserError, match="SCRATCHMLP_MAX_SECONDS is soon"):
        Store()


def test_a_visitor_has_only_so_many_runs_in_the_queue(limited: Callable[..., Store]) -> None:
    anns = limited(waiting=2)
    bens, server = anns.seen_by(BEN), anns.seen_by(replace(ANN, is_trusted=True))
    first, second = anns.create(CONFIG), anns.create(CONFIG)
    with pytest.raises(UserError, match="You have 2 runs in the queue, the most"):
        anns.create(CONFIG)
    anns.run_list.delete([first])
    third = anns.create(CONFIG)
    with pytest.raises(UserError, match="You have 2 runs in the queue, the most"):
        anns.run_list.restore([first])
    assert anns.queue() == [second, third]
    bens.create(CONFIG)
    for _ in range(4):
        server.create(CONFIG)


def test_a_resumed_run_counts_as_waiting(limited: Callable[..., Store]) -> None:
    anns = limited(waiting=1)
    [stopped] = ended(anns, 1)
    anns.create(CONFIG)
    with pytest.raises(UserError, match="in the queue, the most"):
        anns.requeue(stopped)
    assert anns.run(stopped).status == "stopped"


def test_a_visitor_has_only_so_many_background_tasks_in_the_queue(
    limited: Callable[..., Store],
) -> None:
    anns = limited(waiting=1)
    anns.tasks.request("map", {"n": 1})
    with pytest.raises(UserError, match="You have 1 background task in the queue"):
        anns.tasks.request("map", {"n": 2})
    assert anns.tasks.find("map", {"n": 2}) is None
    assert anns.tasks.request("map", {"n": 1}).status == "queued"  # the same one again
    anns.seen_by(BEN).tasks.request("map", {"n": 2})


def test_many_presses_at_once_are_counted_one_by_one(limited: Callable[..., Store]) -> None:
    anns = limited(waiting=3)

    def press(_: int) -> bool:
        try:
            anns.create(CONFIG)
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, range(8))) == 3
    assert len(anns.queue()) == 3


def test_only_so_many_runs_of_a_visitor_train_or_are_paused(limited: Callable[..., Store]) -> None:
    anns = limited(running=2)
    bens = anns.seen_by(BEN)
    first, second, third = (anns.create(CONFIG) for _ in range(3))
    assert [anns.work.claim_next(), anns.work.claim_next()] == [("run", first), ("run", second)]
    assert anns.work.claim_next() is None
    assert (anns.work.count_ready(), anns.work.waiting()) == (0, [("run", third)])
    ben = bens.create(CONFIG)
    assert anns.work.waiting() == [("run", ben), ("run", third)]
    assert anns.work.claim_next() == ("run", ben)
    server = anns.seen_by(replace(ANN, is_trusted=True))
    server.record(first, Update(changes={"status": "paused"}))
    assert anns.work.claim_next() is None
    server.end_run(first, "stopped")
    assert anns.work.claim_next() == ("run", third)


def test_a_network_has_only_so_many_weights(limited: Callable[..., Store]) -> None:
    anns = limited(weights=784 * 16 + 160)
    anns.create(replace(CONFIG, hidden=(16,)))
    wide = replace(CONFIG, hidden=(17,))
    params = [(torch.ones(784, 17), torch.ones(17)), (torch.ones(17, 10), torch.ones(10))]
    network = Network(wide, params, 0.1, 0.3, tuple("0123456789"), step=9, epoch=1)
    for refused in (
        lambda: anns.create(wide),
        lambda: anns.tasks.request("finder", replace(wide, hidden=(16, 99)).asdict()),
        lambda: anns.add_network(network, "theirs"),
    ):
        with pytest.raises(UserError, match="weights, and at most 12,704 are allowed on this"):
            refused()
    assert len(anns.runs()) == 1


def test_the_oldest_unnamed_runs_go_first(limited: Callable[..., Store]) -> None:
    anns = limited(runs=6, waiting=6)
    named, shared, pinned, oldest, next_one = ended(anns, 5)
    anns.run_list.rename(named, "mine")
    anns.run_list.share(shared, True)
    anns.seen_by(Visitor("t", is_teacher=True)).run_list.pin(pinned, True)
    queued = anns.create(CONFIG)
    bens = anns.seen_by(BEN).create(CONFIG)
    last = anns.create(CONFIG)
    kept = {run.id for run in anns.runs()}
    assert kept == {named, shared, pinned, next_one, queued, last}
    assert [run.id for run in anns.run_list.deleted()] == [oldest]  # it can be restored
    anns.create(CONFIG)
    assert next_one not in {run.id for run in anns.runs()}
    with pytest.raises(UserError, match="You keep 6 runs, which is the most, and have named"):
        anns.create(CONFIG)
    assert anns.seen_by(BEN).run(bens).status == "queued"


def test_a_restored_run_makes_another_one_go(limited: Callable[..., Store]) -> None:
    anns = limited(runs=2)
    first, second = ended(anns, 2)
    third = ended(anns, 1)[0]
    assert {run.id for run in anns.runs()} == {second, third}
    anns.run_list.restore([first])
    assert {run.id for run in anns.runs()} == {first, third}


def test_deleted_runs_do_not_pile_up(limited: Callable[..., Store]) -> None:
    anns = limited(runs=2)
    ended(anns, 9)
    assert len(anns.runs()) == 2
    assert len(anns.run_list.deleted()) == 2


def test_a_visitor_is_warned_before_runs_go(limited: Callable[..., Store]) -> None:
    anns = limited(runs=10)
    ended(anns, 8)
    assert anns.run_list.warning() is None
    ended(anns, 1)
    assert str(anns.run_list.warning()).startswith("You keep 9 of at most 10 runs.")
    assert anns.seen_by(BEN).run_list.warning() is None


def test_a_visitor_keeps_only_so_many_drawings(limited: Callable[..., Store]) -> None:
    drawings = limited(drawings=2).drawings
    first = drawings.add("1", INK + 2)
    drawings.add("2", INK)
    for refused in (
        lambda: drawings.add("3", INK),
        lambda: drawings.add_all([("3", INK, None)]),
        lambda: drawings.add_missing([("3", INK + 1, None)]),
    ):
        with pytest.raises(UserError, match="At most 2 drawings can be saved"):
            refused()
    drawings.delete([first])
    drawings.add("4", INK + 1)
    with pytest.raises(UserError, match="At most 2 drawings"):
        drawings.restore([first])
    assert [drawing.label for drawing in drawings.all()] == ["4", "2"]


def test_deleted_drawings_do_not_pile_up(limited: Callable[..., Store]) -> None:
    drawings = limited(drawings=2).drawings
    ids = []
    for n in range(5):
        ids.append(drawings.add("1", INK + n))
        drawings.delete([ids[-1]])
    drawings.add("1", INK + 9)
    drawings.restore(ids[:3])
    assert len(drawings.all()) == 1  # the first ones are gone for good


def test_a_run_is_stopped_after_its_seconds_and_keeps_its_network(
    limited: Callable[..., Store], store: Store
) -> None:
    anns = limited(seconds=1)
    run_id = anns.create(LONG)
    assert store.work.claim_next() == ("run", run_id)
    end = execute(store, run_id)
    run = store.run(run_id)
    assert isinstance(end, Stopped)
    assert (run.status, run.train_seconds) == ("stopped", pytest.approx(1.0, abs=0.5))
    assert run.train_seconds is not None and run.train_seconds >= 1.0
    assert str(run.error).startswith("Stopped after 1 s of training, the most on this server.")
    assert store.network(run_id).step == store.steps_since(run_id)[-1].step > 0
    with pytest.raises(UserError, match="there is nothing to resume"):
        anns.requeue(run_id)


def test_the_seconds_of_a_run_count_over_all_its_parts(
    limited: Callable[..., Store], store: Store
) -> None:
    """It is stopped in the middle of its time: the rest of it takes less than a second."""
    run_id = limited(seconds=1).create(LONG)
    store.work.claim_next()
    stop = threading.Event()
    first_half: list[int] = []

    def count(event: object) -> None:
        first_half.append(1)
        if sum(row.seconds for row in store.epochs_since(run_id)) > 0.5:
            stop.set()

    execute(store, run_id, count, stop=stop)
    before = store.run(run_id)
    assert (before.status, before.error) == ("stopped", None)
    store.requeue(run_id)
    store.work.claim_next()
    execute(store, run_id)
    after = store.run(run_id)
    assert after.error and after.train_seconds and before.train_seconds
    assert 1.0 <= after.train_seconds < before.train_seconds + 1.0


def test_the_owner_of_the_machine_has_no_limits(limited: Callable[..., Store]) -> None:
    server = limited(waiting=1, weights=1, runs=1, drawings=1).seen_by(
        Visitor("local", is_trusted=True)
    )
    runs = [server.create(CONFIG) for _ in range(3)]
    server.drawings.add_all([("1", INK, None), ("2", INK, None)])
    assert [server.run(run).max_seconds for run in runs] == [None] * 3
    assert [server.work.claim_next() for _ in runs] == [("run", run) for run in runs]


def test_the_forecast_counts_a_run_that_is_not_queued_yet(limited: Callable[..., Store]) -> None:
    anns = limited(waiting=9)
    at_once = anns.work.starts(1, ANN.id, CONFIG)
    assert at_once == {NEW: (0, 0.0)}
    first, second = anns.create(CONFIG), anns.create(CONFIG)
    found = anns.work.starts(1, BEN.id, CONFIG)
    assert list(found) == [Item("run", first), NEW, Item("run", second)]
    assert found[NEW].before == 1 and 0 < found[NEW].seconds < found[Item("run", second)].seconds
