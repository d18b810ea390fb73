"""The command that lets a run go on to the end of its epoch, and no further."""

import threading
from dataclasses import replace

from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from tests.runs.test_recorder import SHORT, Background, background, start

__all__ = ["background"]


def test_one_epoch_goes_to_the_end_of_it_and_pauses(background: Background) -> None:
    """From running, and then from paused: each time at the end of the very next epoch."""
    store, run_id = background.store, background.run_id
    ends = []
    for _ in range(3):
        background.paused.clear()
        store.send(run_id, "epoch")
        background.until(lambda: background.paused.is_set() and background.status() == "paused")
        ends.append(background.last_step())
        assert ends[-1] == store.epochs_since(run_id)[-1].step
    epoch = store.epochs_since(run_id)[0].step
    assert [end - ends[0] for end in ends] == [0, epoch, 2 * epoch]
    store.send(run_id, "resume")
    background.until(lambda: background.last_step() > ends[-1] + epoch)


def test_one_epoch_can_be_called_off(background: Background) -> None:
    store, run_id = background.store, background.run_id
    store.send(run_id, "epoch")
    store.send(run_id, "resume")
    background.until(lambda: not store.pending(run_id))
    epochs = len(store.epochs_since(run_id))
    background.until(lambda: len(store.epochs_since(run_id)) > epochs + 2)
    assert not background.paused.is_set()


def test_the_last_epoch_ends_the_run_as_ever(store: Store) -> None:
    run_id, paused = start(store, replace(SHORT, epochs=1)), threading.Event()
    store.send(run_id, "epoch")
    execute(store, run_id, on_pause=paused.set)
    assert store.run(run_id).status == "finished"
    assert not paused.is_set()
