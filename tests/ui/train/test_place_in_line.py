"""A visitor's place in the queue, and the sentences of limits, by AppTest."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.limits import Limits
from scratchmlp.runs.permissions import LOCAL, Visitor
from scratchmlp.runs.store import Store, Update
from scratchmlp.runs.turns import Start
from scratchmlp.ui import resources
from scratchmlp.ui.train.place_in_line import AT_ONCE, in_words
from tests.ui.pages import app_at, ran, shown, unescaped
from tests.ui.train.pages import DIGITS, page

ANN, TEACHER = Visitor("ann"), Visitor("teacher", is_teacher=True)


@pytest.fixture
def hosted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hosted server whose first run is done."""
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    first = store.create(DIGITS, status="running")
    store.end_run(first, "finished")
    store.run_list.share(first, True)


def limit(monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    monkeypatch.setenv(f"SCRATCHMLP_MAX_{name}", str(value))


def pressed(app: AppTest) -> AppTest:
    app.button("train").click().run()
    assert not app.exception
    return app


def warnings(app: AppTest) -> str:
    return unescaped(" ".join(warning.value for warning in app.warning))


def errors(app: AppTest) -> str:
    return unescaped(" ".join(error.value for error in app.error))


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (Start(0, 0.0), AT_ONCE),
        (Start(0, 12.4), "Next in line, about 12 s."),
        (Start(3, 40.0), "3 before you, about 40 s."),
        (Start(3, 0.0), "3 before you, about 1 s."),
        (Start(12, 600.0), "12 before you, about 10 min."),
        (None, "Starts when one of your paused runs has ended."),
    ],
)
def test_a_place_in_words(start: Start | None, words: str) -> None:
    assert in_words(start) == words


def test_the_place_is_there_before_and_after_train_is_pressed(store: Store, hosted: None) -> None:
    app = page()
    assert "A new run starts at once." in shown(app)
    for seed in range(2):
        store.seen_by(ANN).create(replace(DIGITS, epochs=500, seed=seed))
    store.seen_by(ANN).work.claim_next()
    app = page(epochs="1000")  # longer than ann's first run, however slow this machine is
    assert "Next in line, about" in shown(app)  # ann has had a turn
    pressed(app)
    assert shown(app).count("Next in line, about") == 1
    assert "These settings train already." in shown(app)
    [run, *_] = store.runs()
    pressed(app)
    assert store.runs()[0] == run
    app.button("stop").click()
    assert "A new run: Next in line, about" in shown(ran(app))


def test_on_ones_own_machine_only_a_wait_is_spoken_of(store: Store) -> None:
    assert "A new run" not in shown(page())
    store.create(replace(DIGITS, epochs=1000))
    store.work.claim_next("worker")
    assert "Next in line, about" in shown(page())


def test_a_run_that_the_server_stops_before_its_end_says_so_before_and_while_it_trains(
    store: Store, hosted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "SECONDS", 1)
    assert "This server stops it" not in shown(page(epochs="1"))
    app = page(epochs="1000")
    assert "This server stops it after 1 s." in shown(app)
    pressed(app)
    [item] = store.work.waiting()
    store.work.claim_next("a worker")
    rows = [{"step": step, "loss": 1.0, "lr": 0.1} for step in range(1, 101)]
    store.record(item.id, Update(steps=rows, changes={"total_steps": 10_000}))
    [bar] = ran(app).get("progress")
    assert "(limit 1 s)" in bar.proto.text


def test_a_cancelled_run_prepares_nothing_and_its_settings_can_be_used(
    store: Store, hosted: None
) -> None:
    run_id = store.create(replace(DIGITS, epochs=900))
    store.run_list.share(run_id, True)
    assert store.cancel(run_id)
    app = page(run=run_id, epochs="3")
    assert "It has not begun." in shown(app)
    assert "Preparing the dataset" not in shown(app)
    assert any(button.key == "take_settings" for button in app.button)


def test_a_closed_queue_says_so_before_and_after_train_is_pressed(
    store: Store, hosted: None
) -> None:
    app = page()
    store.seen_by(TEACHER).class_settings.open_queue(False)
    sentence = "The teacher has closed the queue"
    assert sentence in shown(ran(app))
    pressed(app)
    assert sentence in errors(app)
    assert store.work.waiting() == []


@pytest.mark.parametrize(
    ("name", "value", "presses", "sentence"),
    [
        ("WAITING", 1, 2, "You have 1 run in the queue, the most"),
        ("WEIGHTS", 1000, 1, "weights, and at most 1,000 are allowed on this server"),
    ],
)
def test_whoever_is_over_a_limit_reads_one_sentence(
    store: Store,
    hosted: None,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: int,
    presses: int,
    sentence: str,
) -> None:
    limit(monkeypatch, name, value)
    for seed in range(presses):
        app = pressed(page(seed=seed))
    assert sentence in errors(app)
    assert len([run for run in store.runs() if run.owner != LOCAL.id]) == presses - 1


def test_a_visitor_is_warned_on_train_and_on_runs(
    store: Store, hosted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "RUNS", 1)
    sentence = "You keep 1 of at most 1 runs."
    app = page()
    assert sentence not in warnings(app)
    pressed(app)
    assert sentence in warnings(page())
    assert sentence in warnings(ran(app_at("runs")))


def test_a_wrong_limit_is_a_sentence_on_the_page(store: Store) -> None:
    with pytest.MonkeyPatch.context() as patch:
        limit(patch, "RUNS", 0)
        app = ran(app_at("runs"))
    assert "SCRATCHMLP_MAX_RUNS is 0: it must be a whole number" in errors(app)


def test_a_run_whose_time_was_up_says_so_and_has_no_resume(store: Store) -> None:
    run = store.create(TrainConfig(dataset="digits"), status="running")
    store.end_run(run, "stopped", "Stopped after 9 s of training.", train_seconds=9.0)
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET max_seconds = 9")
    app = page(run=run)
    assert [info.value for info in app.info] == ["Stopped after 9 s of training\\."]
    assert not [button for button in app.button if button.key == "resume"]
    assert resources.shared_store().limits == Limits()
