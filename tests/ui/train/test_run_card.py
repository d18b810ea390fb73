"""The card of a run by AppTest, in every status that a run may have."""

import re
import sqlite3
import time
from dataclasses import replace

import pytest

from scratchmlp.runs import database, outbox
from scratchmlp.runs.records import Status
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import resources
from scratchmlp.ui.train.views import VIEWS
from tests.ui.pages import drawn_networks, metric, shown, trained
from tests.ui.train.pages import DIGITS, QUICK, page, selected, state, until, view


def test_a_diverged_run_says_where_and_keeps_its_curve(store: Store) -> None:
    app = state(store, "diverged", error="The loss became infinite at step 6.")
    assert "infinite at step 6. The curves show it up to there" in shown(app)
    assert len(app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")) >= 1


def test_a_chosen_run_stays_while_another_trains(store: Store) -> None:
    """A class looks at one run while somebody in it presses Train."""
    app = state(store, "finished")
    chosen = selected(app)
    newer = store.create(DIGITS, "that one", status="running")
    assert app.run().button("see_newer").label == "Show that one, which is training now"
    assert app.header[0].value == "this one" and selected(app) == chosen
    app.button("see_newer").click().run()
    assert app.header[0].value == "that one" and selected(app) == newer
    assert page().header[0].value == "that one"  # who has chosen none sees the newest


def test_a_lost_run_can_be_resumed(store: Store, training: None) -> None:
    app = state(store, "running", heartbeat=time.time() - 60)
    assert "does not answer any more" in shown(app)
    app.button("resume").click()
    until(app, lambda: store.run("latest").status == "finished")


def test_a_lost_run_of_a_worker_goes_on_by_itself(store: Store) -> None:
    run_id = store.create(DIGITS)
    assert store.work.claim_next("a worker that died")
    store.record(run_id, Update(changes={"heartbeat": time.time() - 60}))
    assert "continues from its last checkpoint by itself" in shown(page(run=run_id))


def test_a_press_says_that_it_waits_for_a_locked_database(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(outbox, "ANSWER_SECONDS", 0.05)
    app = state(store, "running", heartbeat=time.time() + 600)
    other = sqlite3.connect(store._engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    app.button("pause").click().run()
    assert "Pause waits for the database" in shown(app)
    other.execute("ROLLBACK")
    other.close()
    until(app, lambda: [c.kind for c in store.pending_commands(selected(app))] == ["pause"])
    assert "Pause waits" not in shown(app.run())


def test_a_failed_run_says_why(store: Store) -> None:
    app = state(store, "failed", error="The process that trained this run was killed.")
    assert "was killed" in shown(app)
    assert app.button("resume")


def test_a_run_in_line_knows_its_place_and_can_be_cancelled(store: Store) -> None:
    page()
    resources.jobs().close()  # nobody takes runs out of the line
    ids = [store.create(DIGITS) for _ in range(2)]
    app = page(run=ids[1])
    assert "1 before you, about" in shown(app)
    app.button("stop").click().run()
    assert store.run(ids[1]).status == "stopped"
    assert store.run(ids[0]).status == "queued"


def test_a_command_is_answered_before_the_run_obeys(store: Store) -> None:
    app = state(store, "running")
    app.button("pause").click().run()
    assert "pausing …" in shown(app)
    app.button("stop").click().run()
    assert "stopping …" in shown(app)


PRESENT = re.compile(r"is training|appears|appear after|will be|learns as| yet")


@pytest.mark.parametrize(
    ("status", "name"), [*(("stopped", name) for name in VIEWS), ("diverged", "Diagnosis")]
)
def test_a_run_that_ended_is_not_spoken_of_as_if_it_trained(
    store: Store, status: Status, name: str
) -> None:
    run_id = store.create(DIGITS, "this one", status="running")
    steps = [{"step": n, "loss": 1.0 / n, "lr": 0.1} for n in range(1, 6)]
    store.record(run_id, Update(steps=steps, changes={"total_steps": 10}))
    store.end_run(run_id, status, "It ended.")
    app = view(name, run_id)
    said = shown(app) + "".join(bar.proto.text for bar in app.get("progress"))
    assert not PRESENT.findall(said)
    assert "ended before its first epoch was done" in said or name not in NEEDS_AN_EPOCH


NEEDS_AN_EPOCH = {"Inside", "Code", "Export"}


def test_a_stopped_run_says_where(store: Store) -> None:
    app = state(store, "stopped", ended=1.0)
    [bar] = app.get("progress")
    assert bar.proto.text == "Stopped in epoch 1 of 2 · step 5 of 10"


def test_a_stopped_run_is_not_praised(store: Store) -> None:
    run_id = trained(store, replace(QUICK, hidden=(64,), batch_size=32, epochs=8))
    store.record(run_id, Update(changes={"status": "stopped"}))
    said = shown(view("Diagnosis", run_id))
    assert "Nothing stands out so far. The run was stopped before its end." in said
    assert "as it should" not in said


def test_what_to_try_says_how_long_it_takes(store: Store) -> None:
    few = replace(QUICK, hidden=(64,), train_size=100, epochs=60)
    app = page(run=trained(store, few))
    assert "**Over-fitting.**" in shown(app)
    change = r"Try it: training pictures 100 → all · (under 1 s|about \d+ (s|min))"
    assert re.fullmatch(change, app.button("try_first").label)


@pytest.mark.parametrize("name", VIEWS)
def test_a_network_that_was_loaded_was_not_trained_here(store: Store, name: str) -> None:
    network = store.network(trained(store, QUICK))
    app = view(name, store.add_network(network, "loaded"))
    said = shown(app)
    assert "This network was not trained here, so it has no curves." in said
    assert metric(app, "Epochs done") == "–"
    assert not app.get("progress")
    assert not re.search("ended before|not done|older version", said)
    assert drawn_networks(app)[-1] == QUICK_NETWORK  # in place of the curves


QUICK_NETWORK = "Network: 784 pixels, 16 hidden units, 8 hidden units, 10 classes."


def test_the_card_draws_its_network_when_asked(store: Store) -> None:
    app = page(run=trained(store, QUICK))
    assert len(drawn_networks(app)) == 1  # that of the settings
    app.session_state["run_network"] = True
    assert drawn_networks(app.run())[-1] == QUICK_NETWORK
    assert "784 × 16 + 16 × 8 + 8 × 10 = 12,752 weights" in shown(app)
    assert "The network after epoch 2" in shown(app)
