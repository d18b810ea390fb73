"""What one tells a run: pause, go on, one epoch, stop, reset, another learning rate.

Everything goes by the store, so that all who look at the run see the same.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from scratchmlp.runs.store import CommandKind, Run
from scratchmlp.ui import session
from scratchmlp.ui.train.controls import SCALES


def buttons(run: Run) -> None:
    """Those that mean something in the state the run is in."""
    if run.status == "running":
        _button("Pause", "pause", "pause", _send, run.id, "pause")
    if run.status == "paused":
        _button("Resume", "resume", "play_arrow", _send, run.id, "resume")
    if run.is_live:
        _button("One epoch", "epoch", "skip_next", _send, run.id, "epoch")
        _button("Stop", "stop", "stop", _send, run.id, "stop")
    if run.status == "queued":
        _button("Cancel", "stop", "close", _cancel, run)
    if run.can_resume:
        _button("Resume", "resume", "play_arrow", _resume, run)
    if run.status != "queued":
        _button("Reset", "reset", "replay", _reset, run)


def _button(label: str, key: str, icon: str, action: Callable[..., None], *args: object) -> None:
    """Without a `help`: that would put each button into the page twice."""
    st.button(label, key=key, on_click=action, args=args, icon=f":material/{icon}:")


def _send(run_id: str, kind: CommandKind, value: float | None = None) -> None:
    with session.errors_shown():
        session.store().send(run_id, kind, value)


def end(run_id: str) -> None:
    """Take a run out of the line, or stop it if a worker was faster."""
    with session.errors_shown():
        if not session.store().cancel(run_id):
            session.store().send(run_id, "stop")


def _cancel(run: Run) -> None:
    end(run.id)


def _resume(run: Run) -> None:
    with session.errors_shown():
        session.resume(run.id)


def _reset(run: Run) -> None:
    """A fresh run with the same settings; this one is stopped, and kept."""
    with session.errors_shown():
        if run.is_live:
            session.store().send(run.id, "stop")
        session.submit(run.config)


def learning_rate(run: Run) -> None:
    """A slider to choose another rate with, and a button that sets it.

    The slider begins at the run's rate and does not follow it, and moving it tells the run nothing:
    this part is drawn anew all the time, and what a slow browser says of a slider may be long out
    of date.
    """
    rate = current_rate(run)
    name = "Learning rate" if run.config.schedule == "constant" else "Largest learning rate"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        wanted = st.select_slider(
            f"{name}, now {rate:g}",
            sorted({*SCALES["lr"], run.config.lr, rate}),
            rate,
            key=f"wanted_lr_{run.id}",
            format_func=lambda lr: f"{lr:g}",
            help="Takes effect at the next step. Of a schedule it is the largest rate.",
        )
        st.button(
            "Set",
            key="set_lr",
            on_click=_send,
            args=[run.id, "lr", wanted],
            disabled=wanted == rate,
        )


def current_rate(run: Run) -> float:
    """What the run was told last, be it already obeyed or not."""
    store = session.store()
    told: list[Any] = [*store.applied_commands(run.id), *store.pending_commands(run.id)]
    rates = [command.value for command in told if command.kind == "lr"]
    return float(rates[-1] if rates else run.config.lr)


def told_rates(run: Run) -> list[tuple[int, float]]:
    """How many steps were done, and the learning rate it was told then."""
    told = session.store().applied_commands(run.id)
    return [(row.applied_step, row.value) for row in told if row.kind == "lr"]


def marks(run: Run) -> list[dict]:
    """Where the learning rate was changed: rows step, words."""
    return [{"step": step, "words": f"lr {rate:g}"} for step, rate in told_rates(run)]
