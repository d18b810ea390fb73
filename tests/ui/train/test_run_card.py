"""The card of a run by AppTest, in every status that a run may have."""

import time

from scratchmlp.runs.store import Store
from scratchmlp.ui import resources
from tests.ui.pages import shown
from tests.ui.train.pages import DIGITS, page, selected, state, until


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
    assert "**this one**" in shown(app) and selected(app) == chosen
    app.button("see_newer").click().run()
    assert "**that one**" in shown(app) and selected(app) == newer
    assert "**that one**" in shown(page())  # who has chosen none sees the newest


def test_a_lost_run_can_be_resumed(store: Store) -> None:
    app = state(store, "running", heartbeat=time.time() - 60)
    assert "does not answer any more" in shown(app)
    app.button("resume").click()
    until(app, lambda: store.run("latest").status == "finished")


def test_a_failed_run_says_why(store: Store) -> None:
    app = state(store, "failed", error="The process that trained this run was killed.")
    assert "was killed" in shown(app)
    assert app.button("resume")


def test_a_run_in_line_knows_its_place_and_can_be_cancelled(store: Store) -> None:
    page()
    resources.jobs().wait_until_ready()
    resources.jobs()._client.close()  # nobody takes runs out of the line
    ids = [store.create(DIGITS) for _ in range(2)]
    app = page(run=ids[1])
    assert "Waiting for a free worker: number 2 of 2 in the queue." in shown(app)
    app.button("stop").click().run()
    assert store.run(ids[1]).status == "stopped"
    assert store.run(ids[0]).status == "queued"
