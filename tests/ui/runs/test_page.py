"""The Runs page by AppTest: what it lists, how one finds, and all one does with chosen runs."""

import math
import time
from dataclasses import replace

import pytest
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from scratchmlp.figures import percent
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import resources, session
from scratchmlp.ui.runs import run_columns
from tests.ui.pages import app_at, ran, shown, trained

QUICK = TrainConfig(dataset="digits", epochs=2, hidden=(16,))


def quick(store: Store, name: str = "", config: TrainConfig = QUICK) -> str:
    return trained(store, config, name)


def live(store: Store, name: str = "") -> str:
    run_id = store.create(QUICK, name, status="running")
    store.record(run_id, Update(steps=[{"step": n, "loss": 1 / n, "lr": 0.1} for n in (1, 2, 3)]))
    return run_id


def page() -> AppTest:
    return ran(app_at("runs"))


def settle() -> None:
    """Train prepares its data in a thread: none may outlive the test."""
    while not resources.preparation().dataset:
        time.sleep(0.05)


def names(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["run"]) if app.dataframe else []


def tick(app: AppTest, *run_ids: str) -> AppTest:
    """Choose runs by their rows, as a click on the boxes does."""
    rows = [list(app.dataframe[0].value["id"]).index(run_id) for run_id in run_ids]
    selection = {"selection": {"rows": rows, "columns": [], "cells": []}}
    app.session_state[app.dataframe[0].key] = selection
    return ran(app)


def test_without_a_run_there_is_a_way_on(store: Store) -> None:
    app = page()
    assert "No runs yet. Train one, or load a saved network." in shown(app)
    assert not app.dataframe
    assert app.file_uploader


def test_a_row_says_what_a_run_is_and_reached(store: Store) -> None:
    run_id = quick(store, "mine", replace(QUICK, lr=0.01))
    [row] = page().dataframe[0].value.to_dict("records")
    made = store.run(run_id)
    assert row["status"] == ["finished"]
    assert row["accuracy"] == pytest.approx(100 * made.test_accuracy)
    assert row["settings"] == "modern, 16 units, learning rate 0.01, 2 epochs"
    assert row["created"].timestamp() == pytest.approx(made.created, abs=1e-3)
    assert row["created"].tzinfo is not None
    steps = store.steps_since(run_id)
    line = list(row["losses"])
    ends = [math.log10(steps[at].loss) for at in (0, -1)]
    assert [line[0], line[-1]] == pytest.approx(ends)
    assert row["id"] == run_id


def test_the_settings_are_said_once_and_the_longest_name_has_lines_enough(store: Store) -> None:
    short = quick(store)
    app = page()
    frame = app.dataframe[0]
    assert frame.value["settings"].isna().all()  # the name says them
    assert frame.proto.row_height == 35
    long = "modern, 96 + 48 units, weight decay 0.001, batch size 32, seed 11"
    store.run_list.rename(short, long)
    frame = page().dataframe[0]
    assert frame.value["settings"].tolist() == ["modern, 16 units, 2 epochs"]
    assert frame.proto.row_height == 77
    store.run_list.rename(short, "modern, 64 units, learning rate 5, seed 7")
    assert page().dataframe[0].proto.row_height == 65  # in 64 pixels Streamlit writes one line
    for width in (run_columns.NAME_WIDTH, run_columns.SETTINGS_WIDTH):
        letters = (width - run_columns.MARGIN) / run_columns.LETTER
        assert letters * 2 > 45  # a usual name has two lines


def test_the_columns_are_chosen(store: Store) -> None:
    quick(store, config=replace(QUICK, lr=0.01, optimizer="sgd"))
    app = page()
    assert shown_columns(app)[:3] == ["run", "open", "status"]
    app.button_group(session.RUNS_COLUMNS).set_value(["lr", "beta2", "hidden"])
    assert shown_columns(ran(app)) == ["run", "open", "lr", "beta2", "hidden"]
    [row] = app.dataframe[0].value.to_dict("records")
    assert (row["lr"], row["beta2"], row["hidden"]) == ("0.01", "–", "16")


def shown_columns(app: AppTest) -> list[str]:
    return list(app.dataframe[0].proto.column_order)


def test_runs_with_the_same_settings_have_different_titles(store: Store) -> None:
    for _ in range(2):
        quick(store)
    quick(store, config=replace(QUICK, seed=5))
    same, other, third = sorted(names(page()), key=len, reverse=True)
    assert same.startswith("modern, 16 units, 2 epochs · ") and same != other
    assert third == "modern, 16 units, 2 epochs, seed 5"


def test_the_run_that_the_pages_show_is_marked(store: Store) -> None:
    first, second = quick(store), quick(store)
    app = app_at("runs")
    app.session_state[session.RUN] = second
    ran(app)
    marked = dict(zip(*(app.dataframe[0].value[name] for name in ("id", "open")), strict=True))
    assert marked == {first: "Open", second: "● Open"}


def test_runs_are_found_and_sorted(store: Store) -> None:
    for name, accuracy, status in (
        ("Beta", 0.9, "finished"),
        ("alpha", 0.95, "finished"),
        ("gamma", None, "stopped"),
    ):
        run_id = store.create(replace(QUICK, seed=len(name)), name, status="running")
        store.end_run(run_id, status, test_accuracy=accuracy)
    store.create(replace(QUICK, dataset="mnist", lr=0.02), "delta", status="running")
    app = page()
    assert names(app) == ["delta", "gamma", "alpha", "Beta"]
    app.selectbox(session.RUNS_ORDER).set_value("Most accurate")
    assert names(ran(app))[:2] == ["alpha", "Beta"]
    app.selectbox(session.RUNS_ORDER).set_value("Name")
    assert names(ran(app)) == ["alpha", "Beta", "delta", "gamma"]
    app.text_input(session.RUNS_TEXT).set_value("RATE 0.02")
    assert names(ran(app)) == ["delta"]
    app.text_input(session.RUNS_TEXT).set_value("nothing like it")
    assert "No runs match" in shown(ran(app))
    app.text_input(session.RUNS_TEXT).set_value("")
    ran(app)
    app.button_group(session.RUNS_STATUS).set_value(["stopped"])
    assert names(ran(app)) == ["gamma"]
    app.button_group(session.RUNS_STATUS).set_value([])
    app.button_group(session.RUNS_DATASET).set_value(["digits"])
    assert names(ran(app)) == ["alpha", "Beta", "gamma"]


def test_a_run_gets_a_name_and_a_note(store: Store) -> None:
    run_id = quick(store)
    app = tick(page(), run_id)
    app.text_input(f"describe_name_{run_id}").set_value("my <b>best</b> one")
    app.text_area(f"describe_note_{run_id}").set_value("look at the 4s")
    app.button("save_about").click()
    ran(app)
    assert (store.run(run_id).name, store.run(run_id).note) == (
        "my <b>best</b> one",
        "look at the 4s",
    )
    assert names(app) == ["my <b>best</b> one"]
    app.text_input(f"describe_name_{run_id}").set_value("x" * 201)
    app.button("save_about").click()
    assert "A name has at most 200 characters" in shown(ran(app))
    assert store.run(run_id).name == "my <b>best</b> one"


def test_a_chosen_run_stays_chosen_when_others_come_and_go(store: Store) -> None:
    first = store.create(QUICK, "first", status="running")
    store.end_run(first, "finished")
    app = tick(page(), first)
    second = store.create(QUICK, "second", status="running")
    store.end_run(second, "finished")
    ran(app)
    assert names(app) == ["second", "first"]
    assert "**first**" in shown(app)
    app.button("delete").click()
    ran(app)
    assert [r.id for r in store.runs()] == [second]


def test_deleting_is_undone(store: Store) -> None:
    gone, kept = quick(store, "gone"), quick(store, "kept")
    before = store.run(gone)
    app = tick(page(), gone)
    app.button("delete").click()
    assert names(ran(app)) == ["kept"]
    assert "One run is deleted." in shown(app)
    app.button("undo").click()
    assert names(ran(app)) == ["kept", "gone"]
    assert store.run(gone) == before
    assert "deleted" not in shown(app)
    app = tick(app, gone, kept)
    assert "**2 runs**" in shown(app)
    app.button("delete").click()
    assert "No runs yet." in shown(ran(app))
    app.button("dismiss").click()
    ran(app)
    app.button(f"restore_{kept}").click()
    assert names(ran(app)) == ["kept"]


def test_all_are_deleted_after_a_question_and_brought_back(store: Store) -> None:
    ids = {quick(store), live(store), quick(store)}
    app = page()
    assert "Delete all 3 runs? 1 still training will be stopped." in shown(app)
    app.button("delete_all_now").click()
    ran(app)
    assert store.runs() == []
    app.button("undo").click()
    ran(app)
    assert {r.id for r in store.runs()} == ids


def test_a_run_that_trains_is_stopped_and_one_that_ended_early_is_not(store: Store) -> None:
    training, ended = live(store), quick(store)
    app = tick(page(), training)
    assert app.button("resume").disabled
    app.button("stop").click()
    ran(app)
    assert [command.kind for command in store.pending_commands(training)] == ["stop"]
    app = tick(app, ended)
    assert app.button("stop").disabled
    assert app.button("resume").disabled
    assert store.pending_commands(ended) == []


def test_a_queued_run_is_cancelled_and_a_stopped_one_goes_on(store: Store) -> None:
    run_id = store.create(QUICK, "in line")
    app = tick(page(), run_id)
    app.button("stop").click()
    ran(app)
    assert store.run(run_id).status == "stopped"
    app.button("resume").click()
    ran(app)
    assert store.run(run_id).status == "queued"


def test_the_same_settings_set_every_control_of_train(store: Store) -> None:
    config = replace(QUICK, lr=0.0123, hidden=(64, 32), optimizer="momentum", seed=7, epochs=33)
    app = page()
    run_id = quick(store, "like this", replace(config, epochs=1))
    app = tick(ran(app), run_id)
    app.button("duplicate").click()
    ran(app)
    settle()
    assert app.title[0].value == "Train a digit classifier"
    assert app.query_params["lr"] == "0.0123"
    assert app.query_params["hidden"] == "64,32"


@pytest.mark.parametrize(
    ("place", "title"),
    [("train", "Train a digit classifier"), ("evaluate", "Evaluate"), ("draw", "Draw a digit")],
)
def test_a_run_is_opened_on_another_page(store: Store, place: str, title: str) -> None:
    wanted = quick(store, "wanted")
    quick(store, "newer")
    app = tick(page(), wanted)
    app.menu_button("open").click(place)
    ran(app)
    if place == "train":
        settle()
    assert app.title[0].value == title
    assert app.query_params["run"] == wanted


def test_two_runs_are_compared_by_their_answers(store: Store) -> None:
    one, other = quick(store, "one"), quick(store, "other", replace(QUICK, seed=1))
    app = tick(page(), other, one)
    app.menu_button("compare").click("Predictions, on Evaluate")
    ran(app)
    assert app.title[0].value == "Evaluate"
    assert any(m.label == "McNemar's p" for m in app.metric)
    assert next(box for box in app.selectbox if box.label == "Compare with").value == one


def test_a_net_is_loaded_from_its_file(store: Store) -> None:
    first = quick(store)
    app = page()
    app.file_uploader[0].set_value([("my net.safetensors", store.network_bytes(first), "")])
    ran(app)
    made = store.run("latest")
    assert made.name == "my net"
    assert made.test_accuracy == store.run(first).test_accuracy
    assert f"my net is loaded: {made.test_accuracy:.2%} of the test pictures correct." in shown(app)
    assert "my net" in names(app)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "This is an empty file"),
        (b"\x80\x04\x95pickle", "This is a pickle"),
        (b"PK\x03\x04" + b"\0" * 500, "This is a ZIP"),
        (b"<html>404</html>", "This is an HTML page"),
    ],
)
def test_a_hostile_file_is_a_sentence(store: Store, data: bytes, said: str) -> None:
    app = page()
    app.file_uploader[0].set_value([("net.pt", data, "")])
    assert said in shown(ran(app))
    assert any("save_file(torch.load" in code.value for code in app.code)
    assert store.runs() == []


def test_what_a_state_of_pytorch_does_not_say_is_asked_and_its_score_is_shown(store: Store) -> None:
    network = store.network(first := quick(store))
    state = {}
    for name, (weights, bias) in zip(("0", "2"), network.params, strict=True):
        state |= {f"{name}.weight": weights.T.contiguous(), f"{name}.bias": bias}
    app = page()
    app.file_uploader[0].set_value([("mine.safetensors", save(state), "")])
    ran(app)
    assert "mine: layers of 784 → 16 → 10 units" in shown(app).replace("**", "")
    assert store.run("latest").id == first  # nothing is loaded yet
    answer(app, "Measured on the test pictures of", "digits")
    answer(app, "Mean", network.mean)
    answer(app, "Deviation", network.std)
    score = next(m for m in app.metric if m.label == "Correct test pictures of digits")
    assert score.value == percent(store.run(first).test_accuracy)
    answer(app, "Classes, in the order of the outputs", "a, b")
    assert "has 10 outputs: name as many classes, not 2" in shown(app)
    answer(app, "Classes, in the order of the outputs", "")
    answer(app, "Activation of the hidden units", "tanh")
    other = next(m for m in app.metric if m.label == "Correct test pictures of digits")
    assert other.value != score.value
    answer(app, "Activation of the hidden units", "relu")
    app.button("load_state").click()
    ran(app)
    made = store.run("latest")
    assert (made.name, made.test_accuracy) == ("mine", store.run(first).test_accuracy)
    assert "mine is loaded" in shown(app)


def answer(app: AppTest, label: str, value: object) -> None:
    kinds = "selectbox", "number_input", "text_input"
    [field] = [f for kind in kinds for f in app.get(kind) if f.label == label]
    field.set_value(value)
    ran(app)
