"""The buttons of a run by AppTest, with a real cluster."""

from typing import Any

from streamlit.testing.v1 import AppTest

from scratchmlp.runs.store import Store
from tests.ui.pages import shown
from tests.ui.train.pages import control, page, selected, until


def test_pause_resume_one_epoch_and_stop(store: Store, training: None) -> None:
    app = page(dataset="digits", epochs="1000", batch_size="16")
    app.button("train").click().run()
    run_id = selected(app)
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


def test_reset_begins_anew_and_keeps_the_old_run(store: Store, training: None) -> None:
    app = page(dataset="digits", epochs="1000", batch_size="16")
    app.button("train").click().run()
    old = selected(app)
    until(app, lambda: store.steps_since(old))
    app.button("reset").click()
    until(app, lambda: store.run(old).status == "stopped")
    new = selected(app)
    assert new != old
    assert store.run(new).config == store.run(old).config
    until(app, lambda: store.steps_since(new))


def test_a_second_press_starts_no_second_run(store: Store) -> None:
    app = page()
    before = len(store.runs())
    for _ in range(2):
        app.button("train").click().run()
    assert len(store.runs()) == before + 1
    assert selected(app) == store.run("latest").id
    control(app, "epochs").set_value(7).run()
    app.button("train").click().run()
    assert len(store.runs()) == before + 2
    assert store.run("latest").config.epochs == 7
    other = page()
    other.button("train").click().run()
    assert len(store.runs()) == before + 3  # another visitor has a run of their own


def test_two_visitors_agree_on_the_learning_rate_of_a_run(store: Store, training: None) -> None:
    app = page(dataset="digits", epochs="1000", batch_size="16")
    app.button("train").click().run()
    run_id = selected(app)
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
