"""The curves of a run by AppTest."""

from scratchmlp.runs.store import Store, Update
from scratchmlp.ui import session
from tests.ui.pages import shown
from tests.ui.train.pages import DIGITS, state


def test_a_loss_without_bounds_leaves_room_for_the_run_beside_it(store: Store) -> None:
    other = store.create(DIGITS, "the wild one", status="running")
    wild = [{"step": n, "loss": 10.0 ** (6 * n), "lr": 1.0} for n in range(1, 6)]
    store.record(other, Update(steps=wild, changes={"total_steps": 10}))
    store.end_run(other, "diverged", "The loss became infinite at step 6.")
    app = state(store, "finished")
    assert "Left out" not in shown(app)
    app.session_state[session.COMPARED_RUNS] = [other]
    text = shown(app.run())
    assert not app.exception
    assert f"the wild one · {other[:4]} above 1,000 nats" in text
