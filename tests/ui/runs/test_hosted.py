"""The Runs page of a hosted server, by AppTest: you, the board, and a teacher's class."""

from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Store
from scratchmlp.ui import server, session, visitor
from scratchmlp.ui.runs import run_table
from scratchmlp.ui.server import COOKIE
from tests.ui.pages import app_at, ran, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=1, hidden=(16,))
SECRET = "0123456789abcdef" * 2
ME = Visitor(visitor.digest_of("cookie", SECRET))
ANN = Visitor("a" * 32)
EVIL = ":red[evil] <b>evil</b> **evil**"


class Cookies:
    """What `st.context` says of the browser's cookies: AppTest has none."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {COOKIE: SECRET}

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)


@pytest.fixture(autouse=True)
def cookies(store: Store, monkeypatch: pytest.MonkeyPatch) -> Cookies:
    """A hosted server with a teacher's key, and a browser with a cookie."""
    made = Cookies()
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    monkeypatch.setenv("SCRATCHMLP_TEACHER_KEY", "sesame")
    monkeypatch.setattr(type(st.context), "cookies", property(lambda self: made))
    monkeypatch.setattr(server, "_forgotten", set())
    return made


@pytest.fixture
def teacher(store: Store) -> None:
    """Whoever looks has entered the key."""
    store.visitors.set_teacher_key(ME.id, visitor.digest_of("teacher", "sesame"))


def quick(store: Store, owner: Visitor, name: str, config: TrainConfig = QUICK) -> str:
    return trained(store.seen_by(owner), config, name)


def page() -> AppTest:
    return ran(app_at("runs"))


def opened(view: str) -> AppTest:
    app = app_at("runs")
    app.session_state[session.RUNS_VIEW] = view
    return ran(app)


def box(app: AppTest, label: str) -> object:
    return next(widget for widget in app.text_input if widget.label == label)


def has(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)


def test_a_nickname_is_set_and_stands_at_a_shared_run(store: Store) -> None:
    run_id = quick(store, ME, "mine")
    store.run_list.share(run_id, True)
    app = page()
    field = box(app, "Nickname")
    assert field.proto.max_chars == 40
    field.set_value("  Ann \n <b>the</b>  Great ")
    ran(app)
    assert store.visitors.nicknames() == {ME.id: "Ann <b>the</b> Great"}
    assert box(page(), "Nickname").value == "Ann <b>the</b> Great"
    box(app, "Nickname").set_value("")
    ran(app)
    assert store.visitors.nicknames() == {}


def test_who_is_alone_on_their_machine_sees_none_of_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "0")
    app = page()
    assert not app.tabs and not has(app, "forget_now")
    assert "You" not in [header.value for header in app.header]


def test_forgetting_deletes_all_and_starts_anew(store: Store, cookies: Cookies) -> None:
    quick(store, ME, "mine")
    anns = quick(store, ANN, "Ann's")
    app = page()
    box(app, "Nickname").set_value("Me")
    ran(app)
    app.button("forget_now").click()
    ran(app)
    assert "You are forgotten" in shown(app)
    assert [run.id for run in store.runs()] == [anns]
    assert store.visitors.find(ME.id) is None
    assert not server.is_visitor_id(cookies.values[COOKIE])
    ran(app)
    assert store.visitors.find(ME.id) is None  # a rerun does not make them known again
    cookies.values[COOKIE] = "f" * 32
    assert "No runs yet" in shown(page()) and box(page(), "Nickname").value == ""


def test_another_tab_of_a_forgotten_visitor_makes_them_not_known_again(store: Store) -> None:
    other = page()
    app = page()
    app.button("forget_now").click()
    ran(app)
    assert "keeps no cookie" in shown(ran(other))
    assert store.visitors.find(ME.id) is None


def test_without_a_cookie_the_page_says_how_long_work_lasts(cookies: Cookies) -> None:
    assert "keeps no cookie" not in shown(page())
    cookies.values.clear()
    for name in ("runs", "train"):
        assert "as long as this tab" in shown(ran(app_at(name)))


def test_the_key_opens_the_class_and_resigning_closes_it(store: Store) -> None:
    app = page()
    assert [tab.label for tab in app.tabs] == ["All runs", "Board"]
    box(app, "The teacher's key").set_value("open")
    app.button("become_teacher").click()
    assert "not the teacher's key" in shown(ran(app))
    box(app, "The teacher's key").set_value("sesame")
    app.button("become_teacher").click()
    ran(app)
    assert [tab.label for tab in app.tabs] == ["All runs", "Board", "Class"]
    app.button("resign").click()
    ran(app)
    assert [tab.label for tab in app.tabs] == ["All runs", "Board"]


def test_without_a_key_nobody_can_be_a_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCRATCHMLP_TEACHER_KEY")
    app = opened("Class")
    assert not has(app, "become_teacher") and not has(app, "open_queue")


def test_the_class_says_who_is_here_and_what_they_do(store: Store, teacher: None) -> None:
    store.visitors.set_nickname(ANN.id, EVIL)
    store.visitors.note_seen(ANN.id)
    store.visitors.note_seen("b" * 32)
    for _ in range(2):
        store.seen_by(ANN).create(QUICK)
    quick(store, ANN, "done")
    app = opened("Class")
    here, under_way = (frame.value for frame in app.dataframe)
    assert list(here["Visitor"]) == [EVIL, f"a visitor {ME.id[:4]} (you)", "a visitor bbbb"]
    assert here.iloc[0][["Running", "Waiting", "All runs"]].tolist() == [0, 2, 3]
    assert set(here["Last seen"]) == {"now"}
    assert list(under_way["id"]) == store.queue()
    assert "Here now: 3" in shown(app) and "Running: 0, waiting: 2" in shown(app)


def test_an_empty_class_has_a_way_on(store: Store, teacher: None) -> None:
    app = opened("Class")
    assert "Nothing runs and nothing waits." in shown(app)
    assert "Here now: 1" in shown(app)


def test_a_teacher_stops_and_pins_and_deletes_what_others_made(store: Store, teacher: None) -> None:
    waiting = store.seen_by(ANN).create(QUICK)
    app = tick(opened("Class"), waiting)
    app.button("stop").click()
    ran(app)
    assert store.run(waiting).status == "stopped"
    done = quick(store, ANN, "done")
    app = tick(page(), done)
    app.button("pin").click()
    ran(app)
    assert store.run(done).pinned
    assert first_row(page())["shown"] == "pinned"
    app = tick(page(), done)
    assert app.button("pin").label == "Unpin"
    app.button("delete").click()
    ran(app)
    assert done not in {run.id for run in store.runs()}


def tick(app: AppTest, run_id: str) -> AppTest:
    frame = app.dataframe[-1]
    rows = [list(frame.value["id"]).index(run_id)]
    app.session_state[frame.key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return ran(app)


def first_row(app: AppTest) -> dict:
    return dict(app.dataframe[-1].value.iloc[0])


def test_only_a_teacher_pins(store: Store) -> None:
    quick(store, ME, "mine")
    assert not has(page(), "pin")


def test_a_message_is_shown_to_all_as_it_is(store: Store, teacher: None, cookies: Cookies) -> None:
    app = opened("Class")
    box(app, "Message to all").set_value(f"{EVIL}\nnow")
    ran(app)
    assert f"{EVIL} now" in shown(app)
    cookies.values[COOKIE] = "f" * 32
    student = page()
    assert f"{EVIL} now" in shown(student)
    assert EVIL not in "".join(info.value for info in student.info)  # it is escaped
    cookies.values[COOKIE] = SECRET
    box(app, "Message to all").set_value(" ")
    ran(app)
    assert "evil" not in shown(app)
    assert not [info for info in page().info if "evil" in info.value]


def test_the_queue_is_closed_and_opened(store: Store, teacher: None) -> None:
    app = opened("Class")
    assert app.button("open_queue").label == "Close the queue"
    app.button("open_queue").click()
    ran(app)
    assert not store.class_settings.is_queue_open()
    assert "The queue is closed." in shown(app)
    app.button("open_queue").click()
    ran(app)
    assert store.class_settings.is_queue_open()


def test_the_board_has_what_all_see_by_accuracy(store: Store, cookies: Cookies) -> None:
    good, bad = replace(QUICK, epochs=3), replace(QUICK, lr=1e-5)
    shared = quick(store, ANN, "bad", bad), quick(store, ME, "good", good)
    for run_id in shared:
        store.run_list.share(run_id, True)
    store.run_list.pin(quick(store, ANN, "pinned"), True)
    quick(store, ANN, "secret", good)
    store.visitors.set_nickname(ANN.id, "Ann")
    [board] = [frame.value for frame in opened("Board").dataframe]
    accuracies = store.run_list.valid_accuracies()
    assert list(board["run"]) == ["good", "pinned", "bad"]
    assert list(board["place"]) == [1, 2, 3]
    assert list(board["owner"]) == ["you", "Ann", "Ann"]
    assert board["valid"].tolist() == pytest.approx([100 * accuracies[i] for i in board["id"]])
    assert board["settings"].iloc[2] == "modern, 16 units, learning rate 1e-05, 1 epoch"


def test_the_board_of_a_teacher_has_all_runs(store: Store, teacher: None) -> None:
    quick(store, ANN, "secret")
    quick(store, ME, "secret")
    [board] = [frame.value for frame in opened("Board").dataframe]
    assert list(board["run"]) == ["secret", "secret"]  # no date: it would be cut


def test_an_empty_board_says_how_a_run_gets_there(store: Store) -> None:
    quick(store, ME, "mine")
    app = opened("Board")
    assert "No run is on the board yet" in shown(app) and not app.dataframe


def test_runs_are_found_by_whose_they_are(store: Store) -> None:
    store.visitors.set_nickname(ANN.id, "Ann")
    for owner in (ME, ANN):
        store.run_list.share(quick(store, owner, f"of {owner.id[:3]}"), True)
    app = page()
    app.text_input(session.RUNS_TEXT).set_value("ann")
    assert list(ran(app).dataframe[0].value["run"]) == ["of aaa"]


def test_a_pinned_run_is_the_first_of_the_list_in_any_order(store: Store, teacher: None) -> None:
    old, *_ = [quick(store, ME, name) for name in ("a", "b", "c")]
    store.run_list.pin(old, True)
    for order in run_table.ORDERS:
        app = app_at("runs")
        app.session_state[session.RUNS_ORDER] = order
        [table] = [t for t in ran(app).dataframe if "run" in t.value]
        assert table.value["run"].iloc[0] == "a"


def test_a_teacher_tells_visitors_without_a_nickname_apart(store: Store, teacher: None) -> None:
    store.run_list.share(quick(store, ANN, "Ann's"), True)
    app = page()
    [table] = [t for t in app.dataframe if "run" in t.value]
    assert table.value["owner"].tolist() == [f"a visitor {ANN.id[:4]}"]
