"""The buttons of a run: pause, resume, one epoch, stop, train again, another learning rate.

All of them go through the store, so every page that shows the run sees the same.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from scratchmlp.runs.store import CommandKind, Run
from scratchmlp.ui import ownership, resources, session
from scratchmlp.ui.field_controls import SCALES
from scratchmlp.ui.train import preparing, starting


def buttons(run: Run) -> None:
    """The buttons that have an effect at the moment, and that the visitor may press."""
    if ownership.may("steer", run):
        _steering(run)
    if ownership.may("stop", run):
        _stop(run)
    if run.can_resume and ownership.may("steer", run):
        _button("Resume", "resume", "play_arrow", _resume, run.id)
    if preparing.includes(run.dataset):
        return
    if not ownership.may("steer", run):
        _button("Train the same", "reset", "replay", _train_again, run)
    elif run.status != "queued":
        _button("Train again", "reset", "replay", _train_again, run)


def _steering(run: Run) -> None:
    if run.status == "running":
        _button("Pause", "pause", "pause", _send, run.id, "pause")
        _button("Pause after this epoch", "epoch", "skip_next", _send, run.id, "epoch")
    if run.status == "paused":
        _button("Resume", "resume", "play_arrow", _send, run.id, "resume")
        _button("Train one epoch", "epoch", "skip_next", _send, run.id, "epoch")


def _stop(run: Run) -> None:
    if run.is_live:
        _button("Stop", "stop", "stop", _send, run.id, "stop")
    if run.status == "queued":
        _button("Cancel", "stop", "close", _cancel, run.id)


def waiting(run_id: str) -> None:
    """Say which presses wait for the database."""
    for what in resources.outbox().waiting(run_id):
        st.info(f"{what} waits for the database, which is locked or away. Do not press again.")


def _button(label: str, key: str, icon: str, action: Callable[..., None], *args: object) -> None:
    """Without `help`, which would put each button into the page twice."""
    st.button(label, key=key, on_click=action, args=args, icon=f":material/{icon}:")


def _send(run_id: str, kind: CommandKind, value: float | None = None) -> None:
    with session.errors_shown():
        resources.send(run_id, kind, value)


def _cancel(run_id: str) -> None:
    with session.errors_shown():
        resources.cancel_or_stop(run_id)


def _resume(run_id: str) -> None:
    with session.errors_shown():
        resources.resume(run_id)


def _train_again(run: Run) -> None:
    """Start a new run with the same settings. One's own run is stopped, and stays in the list."""
    with session.errors_shown():
        if run.is_live and ownership.is_own(run):
            resources.send(run.id, "stop")
        starting.start(run.config, instead_of=run.id)


PENDING = {
    "pause": "pausing …",
    "resume": "resuming …",
    "epoch": "pausing after one epoch …",
    "stop": "stopping …",
}


def pending(run: Run) -> str:
    """What the run was told and has not done yet."""
    if not run.is_live:
        return ""
    kinds = [command.kind for command in resources.store().pending_commands(run.id)]
    return next((PENDING[kind] for kind in reversed(kinds) if kind in PENDING), "")


def learning_rate(run: Run) -> None:
    """A slider to choose another learning rate, and a button that sets it.

    The slider starts at the run's rate and does not follow it. Moving it changes nothing in the
    run: this part of the page is drawn again and again, and what a slow browser reports of a slider
    may be long out of date.
    """
    rate = last_learning_rate(run)
    name = "Learning rate" if run.config.schedule == "constant" else "Largest learning rate"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        wanted = st.select_slider(
            f"{name}, now {rate:g}",
            sorted({*SCALES["lr"], run.config.lr, rate}),
            rate,
            key=f"wanted_lr_{run.id}",
            format_func=lambda lr: f"{lr:g}",
            help="Takes effect at the next step. With a schedule it is the largest rate.",
        )
        st.button(
            "Apply",
            key="set_lr",
            on_click=_send,
            args=[run.id, "lr", wanted],
            disabled=wanted == rate,
        )


def last_learning_rate(run: Run) -> float:
    """The learning rate that was sent to the run last, even if it does not have it yet."""
    store = resources.store()
    sent: list[Any] = [*store.applied_commands(run.id), *store.pending_commands(run.id)]
    rates = [command.value for command in sent if command.kind == "lr"]
    return float(rates[-1] if rates else run.config.lr)


def learning_rate_changes(run: Run) -> list[tuple[int, float]]:
    """For each change: the steps done before it, and the new learning rate."""
    applied = resources.store().applied_commands(run.id)
    return [(row.applied_step, row.value) for row in applied if row.kind == "lr"]


def learning_rate_marks(run: Run) -> list[dict]:
    """The changes as rows of a chart: step, words."""
    return [{"step": step, "words": f"lr {rate:g}"} for step, rate in learning_rate_changes(run)]
