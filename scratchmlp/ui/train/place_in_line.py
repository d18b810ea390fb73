"""The place of a run in the queue and when it starts, before and after Train is pressed."""

import streamlit as st

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.class_settings import CLOSED
from scratchmlp.runs.store import Run
from scratchmlp.runs.turns import Item, Start
from scratchmlp.runs.work_queue import NEW
from scratchmlp.ui import live, resources, run_status, session
from scratchmlp.ui.server import is_hosted

AT_ONCE = "Starts at once."
ALREADY = "These settings train already."  # a press starts no other run
AT_REST = AT_ONCE, ALREADY


def before_training(config: TrainConfig, is_under_way: bool) -> None:
    """Beside the button: when a run with these settings would start."""
    words = ALREADY if is_under_way else words_before(config)
    is_free = words in AT_REST
    every = None if is_free else 2 * live.seconds()
    st.fragment(_before_training, run_every=every)(config, is_free, [words])


def _before_training(config: TrainConfig, was_free: bool, known: list[str]) -> None:
    """`known` has the words for the first time that this part is drawn."""
    with session.errors_shown():
        words = known.pop() if known else words_before(config)
        if (words in AT_REST) != was_free:
            st.rerun()
        if words not in AT_REST or is_hosted():
            st.caption(_of_a_new_run(words), width="content")


def _of_a_new_run(words: str) -> str:
    if words in (ALREADY, CLOSED):
        return words
    return f"A new run s{words[1:]}" if words.startswith("Starts") else f"A new run: {words}"


def warn_if_too_long(config: TrainConfig) -> None:
    """Say it if the server trains no run for as long as this one would take."""
    store = resources.store()
    if store.max_seconds is None:
        return
    [lasts] = store.work.known_seconds([config])
    if lasts is not None and lasts > store.max_seconds:
        st.caption(
            f"A run with these settings takes {run_status.about(lasts)}. This server stops it "
            f"after {store.max_seconds:.0f} s."
        )


def words_before(config: TrainConfig) -> str:
    store = resources.store()
    if not store.class_settings.may_queue():
        return CLOSED
    starts = store.work.starts(resources.jobs().size, store.visitor.id, config)
    return in_words(starts.get(NEW))


def words_of(run: Run) -> str:
    """When a run that waits in the queue starts."""
    starts = resources.store().work.starts(resources.jobs().size)
    return in_words(starts.get(Item("run", run.id)))


def in_words(start: Start | None) -> str:
    """A place in the queue, and the estimated time until the start."""
    if start is None:
        return "Starts when one of your paused runs has ended."
    if start.seconds < 1 and not start.before:
        return AT_ONCE
    before = f"{start.before:,} before you" if start.before else "Next in line"
    return f"{before}, about {run_status.duration(max(1.0, start.seconds))}."
