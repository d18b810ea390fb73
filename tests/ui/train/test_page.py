"""Pages by AppTest: every control, every state of a run, the real store and the real cluster."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from scratchmlp import paths
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import session
from tests.ui.pages import app_at, metric, shown

DIGITS = TrainConfig(dataset="digits", epochs=2)


@pytest.fixture
def store(workers: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with one finished run, so that no first net is trained unless a test wants it."""
    monkeypatch.setenv("SCRATCHMLP_SCHEDULER", workers)
    st.cache_resource.clear()
    opened = Store()
    opened.end_run(
        opened.create(replace(DIGITS, seed=99), "an old run"), "finished", test_accuracy=0.5
    )
    yield opened
    if session.store().runs():
        for run in session.store().runs():
            session.store().cancel(run.id)
            session.store().send(run.id, "stop")
    session.jobs().close()
    st.cache_resource.clear()
    opened.close()


def page(**params: str) -> AppTest:
    """The Train page, once the data is ready (these tests have no MNIST: it uses digits)."""
    app = app_at(**params)
    until(app, lambda: session.preparation().dataset)
    return app.run()


def until(app: AppTest, condition: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not (app.run() and condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
    assert not app.exception


def watched(app: AppTest) -> str:
    value = app.query_params["run"]
    return value if isinstance(value, str) else value[0]


def test_without_mnist_the_page_says_so_and_goes_on(store: Store) -> None:
    app = page()
    assert "MNIST is not on this machine" in shown(app)
    assert "trains on digits" in shown(app)
    assert next(box.value for box in app.selectbox if box.label == "Pictures") == "digits"
    assert any(button.label == "Try again to fetch MNIST" for button in app.button)


def test_a_newcomer_finds_a_net_already_training(store: Store) -> None:
    first = Store()
    with_runs = [run.id for run in first.runs()]
    assert len(with_runs) == 1
    empty = f"sqlite:///{paths.home() / 'empty.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_DB", empty)
        visitors = [page(), page()]
        [run] = session.store().runs()
        assert run.config == replace(presets.MODERN, dataset="digits")
        until(visitors[0], lambda: session.store().run(run.id).status == "finished")
        for visitor in visitors:
            assert "The first net" in shown(visitor.run())
            assert metric(visitor, "Test accuracy").endswith("%")
    first.close()


def test_train_trains_to_the_end(store: Store) -> None:
    app = page(dataset="digits", epochs="3")
    app.button("train").click().run()
    run_id = watched(app)
    until(app, lambda: store.run(run_id).status == "finished")
    app.run()
    assert "finished" in shown(app)
    assert metric(app, "Epochs done") == "3 of 3"
    assert metric(app, "Test accuracy") == f"{store.run(run_id).test_accuracy:.2%}"
    assert not app.button("train").disabled


def test_pause_resume_one_epoch_and_stop(store: Store) -> None:
    app = page(dataset="digits", epochs="1000", batch_size="16")
    app.button("train").click().run()
    run_id = watched(app)
    until(app, lambda: store.steps_since(run_id))
    app.run()
    app.button("pause").click()
    until(app, lambda: store.run(run_id).status == "paused")
    app.run()
    app.button("resume").click()
    until(app, lambda: store.run(run_id).status == "running")
    app.run()
    app.button("epoch").click()
    until(app, lambda: store.run(run_id).status == "paused")
    assert store.steps_since(run_id)[-1].step == store.epochs_since(run_id)[-1].step
    app.run()
    app.button("stop").click()
    until(app, lambda: store.run(run_id).status == "stopped")
    app.run()
    assert "stopped" in shown(app)
    step = store.steps_since(run_id)[-1].step
    app.button("resume").click()
    until(app, lambda: store.steps_since(run_id, step))


def test_reset_begins_anew_and_keeps_the_old_run(store: Store) -> None:
    app = page(dataset="digits", epochs="1000", batch_size="16")
    app.button("train").click().run()
    old = watched(app)
    until(app, lambda: store.steps_since(old))
    app.button("reset").click()
    until(app, lambda: store.run(old).status == "stopped")
    new = watched(app)
    assert new != old
    assert store.run(new).config == store.run(old).config
    until(app, lambda: store.steps_since(new))


def test_two_visitors_agree_on_the_learning_rate_of_a_run(store: Store) -> None:
    app = page(dataset="digits", epochs="1000", batch_size="16")
    app.button("train").click().run()
    run_id = watched(app)
    until(app, lambda: store.steps_since(run_id))
    other = page(run=run_id)
    for mover, watcher, rate in ((app, other, 0.02), (other, app, 0.005)):
        rate_of(mover.run()).set_value(rate).run()
        assert f"now {rate}" not in rate_of(mover).label
        mover.button("set_lr").click().run()
        assert f"now {rate}" in rate_of(mover).label
        assert f"now {rate}" in rate_of(watcher.run()).label
        until(app, lambda: not store.pending_commands(run_id))
    assert [row.value for row in store.applied_commands(run_id) if row.kind == "lr"] == [
        0.02,
        0.005,
    ]


def rate_of(app: AppTest) -> Any:
    return next(s for s in app.select_slider if "earning rate, now" in s.label)


def state(store: Store, status: str, **columns: object) -> AppTest:
    run_id = store.create(DIGITS, "this one", status="running")
    columns.setdefault("heartbeat", time.time())
    steps = [{"step": n, "loss": 1.0 / n, "lr": 0.1} for n in range(1, 6)]
    store.record(
        run_id, Update(steps=steps, changes={"status": status, "total_steps": 10, **columns})
    )
    return page(run=run_id)


def test_a_diverged_run_says_where_and_keeps_its_curve(store: Store) -> None:
    app = state(store, "diverged", error="The loss became infinite at step 6.")
    assert "infinite at step 6. The curves up to there are kept" in shown(app)
    assert len(app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")) >= 1


def test_a_chosen_run_stays_while_another_trains(store: Store) -> None:
    """A class looks at one run while somebody in it presses Train."""
    app = state(store, "finished")
    chosen = watched(app)
    newer = store.create(DIGITS, "that one", status="running")
    assert app.run().button("see_newer").label == "that one is training now: see it"
    assert "**this one**" in shown(app) and watched(app) == chosen
    app.button("see_newer").click().run()
    assert "**that one**" in shown(app) and watched(app) == newer
    assert "**that one**" in shown(page())  # who has chosen none sees the newest


def test_a_loss_without_bounds_leaves_room_for_the_run_beside_it(store: Store) -> None:
    other = store.create(DIGITS, "the wild one", status="running")
    wild = [{"step": n, "loss": 10.0 ** (6 * n), "lr": 1.0} for n in range(1, 6)]
    store.record(other, Update(steps=wild, changes={"total_steps": 10}))
    store.end_run(other, "diverged", "The loss became infinite at step 6.")
    app = state(store, "finished")
    assert "Left out" not in shown(app)
    app.session_state[session.BESIDE] = [other]
    text = shown(app.run())
    assert not app.exception
    assert f"the wild one · {other[:4]} above 1,000 nats" in text


def test_a_lost_run_can_be_resumed(store: Store) -> None:
    app = state(store, "running", heartbeat=time.time() - 60)
    assert "has gone silent" in shown(app)
    app.button("resume").click()
    until(app, lambda: store.run("latest").status == "finished")


def test_a_failed_run_says_why(store: Store) -> None:
    app = state(store, "failed", error="The process that trained this run was killed.")
    assert "was killed" in shown(app)
    assert app.button("resume")


def test_a_run_in_line_knows_its_place_and_can_be_cancelled(store: Store) -> None:
    page()
    session.jobs().wait_until_ready()
    session.jobs()._client.close()  # nobody takes runs out of the line
    ids = [store.create(DIGITS) for _ in range(2)]
    app = page(run=ids[1])
    assert "Waiting for a free worker: number 2 of 2 in line." in shown(app)
    app.button("stop").click().run()
    assert store.run(ids[1]).status == "stopped"
    assert store.run(ids[0]).status == "queued"


def test_a_database_that_is_damaged_is_a_sentence(store: Store, tmp_path) -> None:
    file = tmp_path / "bad.db"
    file.write_bytes(b"this is no database" * 1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_DB", f"sqlite:///{file}")
        app = app_at().run()
        until(app, lambda: session.preparation().dataset)
        app.run()
        assert not app.exception
        assert "is damaged: move it away" in shown(app)
        st.cache_resource.clear()
