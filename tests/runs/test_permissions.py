"""A visitor changes only what is theirs, whatever they try: the store decides, not the page."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network
from scratchmlp.runs.execution import execute
from scratchmlp.runs.permissions import LOCAL, Verb, Visitor, may
from scratchmlp.runs.records import Update
from scratchmlp.runs.store import Run, Store
from scratchmlp.runs.visitors import MAX_NICKNAME_LENGTH

ANN, BEN, TEACHER = Visitor("ann"), Visitor("ben"), Visitor("teacher", is_teacher=True)
CONFIG = TrainConfig(dataset="digits", epochs=1)
VERBS = get_args(Verb)

WRITES: dict[str, Callable[[Store, str], Any]] = {
    "pause": lambda store, run: store.send(run, "pause"),
    "resume": lambda store, run: store.send(run, "resume"),
    "one epoch": lambda store, run: store.send(run, "epoch"),
    "stop": lambda store, run: store.send(run, "stop"),
    "learning rate": lambda store, run: store.send(run, "lr", 12.0),
    "cancel": lambda store, run: store.cancel(run),
    "requeue": lambda store, run: store.requeue(run),
    "claim by requeue": lambda store, run: store.requeue(run, status="running"),
    "claim": lambda store, run: store.claim(run),
    "end": lambda store, run: store.end_run(run, "failed", "ha"),
    "record": lambda store, run: store.record(run, Update(changes={"name": "ha"})),
    "rename": lambda store, run: store.run_list.rename(run, "ha"),
    "note": lambda store, run: store.run_list.set_note(run, "ha"),
    "delete": lambda store, run: store.run_list.delete([run]),
    "restore": lambda store, run: store.run_list.restore([run]),
    "share": lambda store, run: store.run_list.share(run, True),
    "pin": lambda store, run: store.run_list.pin(run, True),
}


def everything(store: Store, run_id: str) -> tuple:
    """All that a write could change of a run."""
    return store.run(run_id), store.pending_commands(run_id), store.epochs_since(run_id)


@pytest.fixture
def anns(store: Store) -> str:
    """A queued run of Ann's."""
    return store.seen_by(ANN).create(CONFIG, "Ann's")


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("way", ["link", "shared", "pinned", "stopped"])
def test_nobody_changes_the_run_of_another(
    store: Store, anns: str, write: Callable[[Store, str], Any], way: str
) -> None:
    if way == "shared":
        store.run_list.share(anns, True)
    if way == "pinned":
        store.run_list.pin(anns, True)
    if way == "stopped":
        store.cancel(anns)
    before = everything(store, anns)
    with pytest.raises(UserError, match=r"belongs to somebody else|visitor of a hosted server"):
        write(store.seen_by(BEN), anns)
    assert everything(store, anns) == before


def test_a_mixed_list_of_runs_is_refused_whole(store: Store, anns: str) -> None:
    ben = store.seen_by(BEN)
    own = ben.create(CONFIG)
    with pytest.raises(UserError, match="somebody else"):
        ben.run_list.delete([own, anns])
    assert {run.id for run in store.runs()} == {own, anns}


def test_an_owner_does_all_but_pin(store: Store, anns: str) -> None:
    ann = store.seen_by(ANN)
    ann.run_list.rename(anns, "mine")
    ann.run_list.set_note(anns, "a note")
    ann.run_list.share(anns, True)
    ann.send(anns, "lr", 0.1)
    assert ann.cancel(anns)
    ann.requeue(anns)
    assert ann.run(anns).name == "mine" and ann.run(anns).shared
    ann.run_list.delete([anns])
    assert [run.id for run in ann.run_list.deleted()] == [anns]
    ann.run_list.restore([anns])
    with pytest.raises(UserError, match="only a teacher"):
        ann.run_list.pin(anns, True)


def test_a_teacher_stops_deletes_and_pins_but_does_not_steer(store: Store, anns: str) -> None:
    teacher = store.seen_by(TEACHER)
    assert [run.id for run in teacher.runs()] == [anns]
    teacher.run_list.pin(anns, True)
    assert teacher.run(anns).pinned
    for write in ("pause", "learning rate", "rename", "note"):
        with pytest.raises(UserError, match="only its owner"):
            WRITES[write](teacher, anns)
    assert teacher.cancel(anns)
    teacher.run_list.delete([anns])
    assert store.runs() == []


def test_lists_hold_what_is_own_shared_pinned_or_held(store: Store, anns: str) -> None:
    ben = store.seen_by(BEN)
    own = ben.create(CONFIG)
    assert [run.id for run in ben.runs()] == [own]
    assert ben.run(anns).name == "Ann's"  # whoever has the link may look
    for enter, leave in (
        (lambda: store.run_list.share(anns, True), lambda: store.run_list.share(anns, False)),
        (lambda: store.run_list.pin(anns, True), lambda: store.run_list.pin(anns, False)),
    ):
        enter()
        assert {run.id for run in ben.runs()} == {own, anns}
        leave()
        assert [run.id for run in ben.runs()] == [own]
    store.visitors.hold_link(BEN, anns)
    store.visitors.hold_link(BEN, anns)
    store.visitors.hold_link(BEN, "no run")
    assert {run.id for run in ben.runs()} == {own, anns}
    assert {run.id for run in store.seen_by(Visitor("carl")).runs()} == set()
    ben.run_list.delete([own])
    assert ben.run_list.deleted() and store.seen_by(ANN).run_list.deleted() == []


def test_newest_is_the_newest_of_the_visitors_lists(store: Store, anns: str) -> None:
    with pytest.raises(UserError, match="no run yet"):
        store.seen_by(BEN).run("latest")
    assert store.seen_by(ANN).run("latest").id == anns


def test_first_is_what_is_pinned_then_what_is_own(store: Store, anns: str) -> None:
    ben = store.seen_by(BEN)
    assert ben.first() is None
    store.run_list.share(anns, True)
    assert [run.id for run in [ben.first()] if run] == [anns]
    own = ben.create(CONFIG)
    store.run_list.share(store.seen_by(ANN).create(CONFIG), True)
    assert [run.id for run in [ben.first()] if run] == [own]
    store.run_list.pin(anns, True)
    assert [run.id for run in [ben.first()] if run] == [anns]


def test_drawings_belong_to_their_visitor(store: Store) -> None:
    ann, ben = store.seen_by(ANN).drawings, store.seen_by(BEN).drawings
    image = np.eye(28, dtype=np.uint8) * 255
    drawing = ann.add("7", image)
    assert ben.all() == store.drawings.all() == [] and ben.find(image) is None
    with pytest.raises(UserError):
        ben.get(drawing)
    ben.relabel(drawing, "1")
    assert ben.delete([drawing]) == ben.delete() == []
    ben.restore([drawing])
    assert ann.get(drawing).label == "7"
    assert len(ben.add_missing([("7", image, None)])) == 1  # the same picture may be Ben's too
    ann.delete()
    ben.restore([drawing])
    assert ann.all() == [] and len(ben.all()) == 1


def test_only_who_started_a_task_cancels_it(store: Store) -> None:
    task = store.seen_by(ANN).tasks.request("map", {"run": "x"})
    assert store.seen_by(BEN).tasks.request("map", {"run": "x"}).id == task.id
    with pytest.raises(UserError, match="only they can cancel"):
        store.seen_by(BEN).tasks.cancel(task.id)
    assert store.tasks.get(task.id).status == "queued"
    store.seen_by(ANN).tasks.cancel(task.id)
    assert store.tasks.get(task.id).status == "cancelled"


def test_a_taught_net_belongs_to_who_taught_it(store: Store, digits: Any) -> None:
    from scratchmlp.runs import teaching

    run = store.create(CONFIG, status="running")
    execute(store, run)
    ben, drawings = store.seen_by(BEN), digits.test.take(np.arange(3))
    with pytest.raises(UserError, match="has not shared it"):
        teaching.teach(ben, run, drawings)
    store.run_list.share(run, True)
    bens = teaching.teach(ben, run, drawings)
    anns = teaching.teach(store.seen_by(ANN), run, drawings)
    assert ben.run(bens).owner == "ben" and store.run(anns).owner == "ann"
    assert isinstance(ben.network(bens), Network)
    assert bens not in {listed.id for listed in store.seen_by(ANN).runs()}


def test_the_first_run_is_for_all_on_a_hosted_server(store: Store, anns: str) -> None:
    assert store.create_first(CONFIG) is None
    first = store.create_first(CONFIG, for_all=True)
    assert first and store.create_first(CONFIG, for_all=True) is None
    assert [run.id for run in store.seen_by(BEN).runs()] == [first]
    assert store.run(first).owner == LOCAL.id


def test_a_nickname_is_short_and_clean(store: Store) -> None:
    store.visitors.set_nickname("ann", "  Ann\n the \x00Great\ud800 ")
    assert store.visitors.nicknames() == {"ann": "Ann the Great"}
    for name in ("You", " this  SERVER ", "a visitor"):
        with pytest.raises(UserError, match="choose another nickname"):
            store.visitors.set_nickname("ben", name)
    with pytest.raises(UserError, match="at most 40"):
        store.visitors.set_nickname("ann", "a" * (MAX_NICKNAME_LENGTH + 1))
    store.visitors.note_seen("ann")
    found = store.visitors.find("ann")
    assert found and found.nickname == "Ann the Great"
    store.visitors.set_nickname("ann", "")
    assert store.visitors.nicknames() == {} and store.visitors.find("ben") is None


@pytest.mark.parametrize("verb", VERBS)
def test_what_each_may_do(store: Store, anns: str, verb: Verb) -> None:
    """The whole table: own machine, owner, teacher, others by link, others of a shared run."""
    run: Run = store.run(anns)
    shared = replace(run, shared=True)
    who = [may(visitor, verb, run) for visitor in (LOCAL, ANN, TEACHER, BEN)]
    who.append(may(BEN, verb, shared))
    assert (
        who
        == {
            "look": [True, True, True, True, True],
            "list": [True, True, True, False, True],
            "copy": [True, True, True, False, True],
            "stop": [True, True, True, False, False],
            "steer": [True, True, False, False, False],
            "describe": [True, True, False, False, False],
            "share": [True, True, True, False, False],
            "delete": [True, True, True, False, False],
            "pin": [True, False, True, False, False],
        }[verb]
    )


def test_a_copy_of_a_shared_run_does_not_reach_the_private_one_behind_it(
    store: Store, digits: Any
) -> None:
    from scratchmlp.runs import teaching

    run = store.create(CONFIG, status="running")
    execute(store, run)
    ann, ben, drawings = store.seen_by(ANN), store.seen_by(BEN), digits.test.take(np.arange(3))
    private = ann.add_network(store.network(run), "a private name")
    shared = teaching.teach(ann, private, drawings)
    ann.run_list.share(shared, True)
    ann.run_list.rename(shared, "for all")
    bens = ben.run(teaching.teach(ben, shared, drawings))
    assert bens.parent == shared and bens.name == "for all, taught 3 drawings"
    assert ann.run(teaching.teach(ann, shared, digits.test.take(np.arange(2)))).parent == private


@pytest.mark.parametrize("folder", ["/etc", "mnist+/etc", "..", "~", "a\x00b", "\ud800"])
def test_a_visitor_names_no_folder_of_the_machine(store: Store, folder: str) -> None:
    ben, config = store.seen_by(BEN), TrainConfig(dataset=folder)
    assert not ben.may_use(folder) and store.may_use(folder)
    with pytest.raises(UserError, match="choose mnist or digits or pen"):
        ben.create(config)
    with pytest.raises(UserError, match="choose mnist or digits or pen"):
        ben.tasks.request("finder", config.asdict())
    assert store.runs() == []


def test_a_visitor_uses_the_folder_of_a_run_that_they_see(store: Store) -> None:
    ben, config = store.seen_by(BEN), TrainConfig(dataset="/data/letters")
    run = store.create(config)
    assert not ben.may_use(config.dataset)
    store.visitors.hold_link(BEN, run)
    assert ben.may_use(config.dataset) and ben.run(ben.create(config)).config == config
    assert ben.may_use(f"mnist+{config.dataset}")
    assert not ben.may_use(f"mnist+{config.dataset}+digits+/etc")


def test_only_who_may_restore_a_deleted_run_is_told_how(store: Store, anns: str) -> None:
    store.run_list.delete([anns])
    for visitor, sentence in ((ANN, "you can restore it"), (BEN, "was deleted.")):
        with pytest.raises(UserError, match=sentence) as refused:
            store.seen_by(visitor).run(anns)
        assert ("restore" in str(refused.value)) == (visitor is ANN)
