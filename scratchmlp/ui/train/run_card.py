"""A run as it happens: its state, its buttons and its curves, read anew all the time."""

import time

import streamlit as st

from scratchmlp.analysis import curves
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.train import curve_charts, run_controls, settings

FAST, SLOW = 1.0, 2.0  # seconds between two looks at a run: while it moves, and afterwards

BADGES = {
    "queued": ("gray", ":material/hourglass_empty:"),
    "running": ("blue", ":material/play_arrow:"),
    "paused": ("orange", ":material/pause:"),
    "finished": ("green", ":material/check:"),
    "stopped": ("gray", ":material/stop:"),
    "diverged": ("red", ":material/trending_up:"),
    "failed": ("red", ":material/error:"),
    "lost": ("red", ":material/cloud_off:"),
}


def preparing() -> None:
    """How far the preparation of the data is; the page goes on by itself when it is done."""
    st.fragment(_preparing, run_every=FAST)()


def _preparing() -> None:
    made = session.preparation()
    if made.dataset:
        st.rerun()
    counted = f": {made.done:,} of {made.total:,}" if made.total else " …"
    st.progress(made.share, text=made.what + counted)
    st.caption("Only the first start takes this long. A first net will train by itself.")
    if not made.is_running:
        st.error("The pictures could not be prepared: see the app's log, then try again.")
        st.button("Try again", on_click=made.start)


def run_card(run: Run) -> None:
    """Everything about one run."""
    st.fragment(_card, run_every=pace(run))(run.id, run.is_under_way)


def pace(run: Run) -> float:
    """Seconds between two looks at a run."""
    return FAST if run.is_under_way else SLOW


def _card(run_id: str, was_moving: bool) -> None:
    with session.errors_shown():
        run = session.store().run(run_id)
        moving = run.is_under_way
        newer = None if moving else _newer(run)
        if moving != was_moving or (newer and not session.has_chosen()):
            st.rerun()
        with st.container(key="run", border=True):
            _head(run)
            if newer and st.button(
                f"{newer.title} is training now: see it", key="see_newer", icon=":material/east:"
            ):
                session.watch(newer.id)
                st.rerun()
            _words(run)
            read = session.curves(run)
            if run.is_live:
                _moving(run, read)
            elif run.status != "finished" and run.total_steps:
                _progress(run, read)
            _figures(run, read)
            curve_charts.show(run, read)


def _newer(run: Run) -> Run | None:
    """A run that was started elsewhere since, and trains."""
    newest = session.store().run("latest")
    return newest if newest.is_live and newest.created > run.created else None


def _head(run: Run) -> None:
    color, icon = BADGES[run.status]
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(f":{color}-badge[{icon} {run.status}]", width="content")
    row.markdown(f"**{run.title}**", width="stretch")
    with row:
        run_controls.buttons(run)


def _words(run: Run) -> None:
    """What there is to say about the state a run is in."""
    trouble = session.jobs().trouble
    if run.status == "queued" and trouble:
        st.error(trouble)
    elif run.status == "queued":
        line = session.store().queue()
        place = line.index(run.id) + 1 if run.id in line else 1
        st.caption(f"Waiting for a free worker: number {place} of {max(place, len(line))} in line.")
    elif run.status == "lost":
        st.error(
            "The process that trained this run has gone silent. "
            "Resume goes on from its last checkpoint."
        )
    elif run.status == "diverged":
        st.error(f"{run.error} The curves up to there are kept; below stands what to try.")
    elif run.error:
        st.error(run.error)


def _moving(run: Run, read: History) -> None:
    """How far it is, and its learning rate to change."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with row.container():
        _progress(run, read)
    if settings.is_shown("lr"):
        with row.container(width=320, key="run_lr"):
            run_controls.learning_rate(run)


def _progress(run: Run, read: History) -> None:
    total, step = run.total_steps or 0, read.last_step
    if not total:
        st.caption("Preparing the pictures …")
        return
    epoch = min(len(read.epochs) + 1, run.config.epochs)
    text = f"Epoch {epoch} of {run.config.epochs} · step {step:,} of {total:,}"
    if run.status == "running":
        done = int(read.epochs["step"].iloc[-1]) if len(read.epochs) else 0
        spent = float(read.epochs["seconds"].sum()) if len(read.epochs) else 0.0
        elapsed = time.time() - (run.started or time.time())
        left = curves.seconds_left(step, total, spent, done, elapsed)
        text += "" if left is None else f" · {_duration(left)} left"
    if read.last_lr is not None:
        text += f" · learning rate {read.last_lr:.2g}"
    st.progress(min(1.0, step / total), text=text)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _figures(run: Run, read: History) -> None:
    last = read.epochs.iloc[-1] if len(read.epochs) else None
    seconds = run.train_seconds or (
        float(read.epochs["seconds"].sum()) if last is not None else None
    )
    row = st.container(horizontal=True)
    row.metric("Test accuracy", _percent(run.test_accuracy), help=_TEST)
    row.metric(
        "Validation accuracy",
        _percent(None if last is None else last["valid_accuracy"]),
        help=_VALID,
    )
    row.metric("Epochs done", f"{len(read.epochs)} of {run.config.epochs}")
    row.metric("Training time", "–" if seconds is None else f"{seconds:.1f} s")


_TEST = "Share of the test pictures answered right. They are looked at once, at the end."
_VALID = "Share answered right of the training pictures kept aside, after the last epoch."


def _percent(share: float | None) -> str:
    return "–" if share is None or share != share else f"{share:.2%}"
