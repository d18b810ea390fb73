"""The history of a run that many look at: new rows are read once for all of them."""

from scratchmlp.runs.history import History
from scratchmlp.runs.store import Store, Update
from tests.runs.updates import CONFIG, steps


def test_new_steps_are_read_once_for_all_who_look_at_the_same_moment(store: Store) -> None:
    run_id = store.create(CONFIG, status="running")
    history = History(store.run(run_id))
    store.record(run_id, Update(steps=steps(1, 3)))
    assert history.update(store, max_age=600).last_step == 3
    store.record(run_id, Update(steps=steps(4, 5)))
    assert history.update(store, max_age=600).last_step == 3
    assert history.update(store).last_step == 5
    assert len(history.steps) == 5
