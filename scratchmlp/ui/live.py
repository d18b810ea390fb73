"""A run as it happens: its state, its buttons and its curves, read anew twice a second."""

import time

import streamlit as st

from scratchmlp.insight import charts_training, curves
from scratchmlp.net import presets
from scratchmlp.runs.store import Run
from scratchmlp.ui import session

FAST, SLOW = 0.5, 2.0  # seconds between two looks at a run: while it moves, and afterwards

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
    share = made.done / made.total if made.total else 0.0
    counted = f": {made.done:,} of {made.total:,}" if made.total else " …"
    st.progress(share, text=made.what + counted)
    st.caption("Only the first start takes this long. A first net will train by itself.")
    if not made.is_running:
        st.error("The pictures could not be prepared: see the app's log, then try again.")
        st.button("Try again", on_click=made.start)


def run_card(run: Run) -> None:
    """Everything about one run."""
    moving = run.is_live or run.status == "queued"
    st.fragment(_card, run_every=pace(run))(run.id, moving)


def pace(run: Run) -> float:
    """Seconds between two looks at a run."""
    return FAST if run.is_live or run.status == "queued" else SLOW


def _card(run_id: str, was_moving: bool) -> None:
    with session.errors_shown():
        run = session.store().run(run_id)
        moving = run.is_live or run.status == "queued"
        if moving != was_moving or _switched_to_newer(run, moving):
            st.rerun()
        with st.container(key="run", border=True):
            _head(run)
            _words(run)
            read = session.curves(run)
            _progress(run, read)
            _figures(run, read)
            _charts(run, read)


def _switched_to_newer(run: Run, moving: bool) -> bool:
    """A run started elsewhere shows up by itself, once the one on the screen has ended."""
    newest = session.store().run("latest")
    if moving or newest.id == run.id or not newest.is_live or newest.created < run.created:
        return False
    session.watch(newest.id)
    return True


def _head(run: Run) -> None:
    color, icon = BADGES[run.status]
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(f":{color}-badge[{icon} {run.status}]", width="content")
    title = run.name or presets.name_of(run.config) or "Custom settings"
    row.markdown(f"**{title}**", width="stretch")
    if run.status == "running":
        _button(row, "Pause", "pause", run.id, "pause")
    if run.status == "paused":
        _button(row, "Resume", "resume", run.id, "play_arrow")
    if run.is_live:
        _button(row, "Stop", "stop", run.id, "stop")
    if run.status == "queued":
        row.button("Cancel", key="stop", on_click=end, args=[run.id], icon=":material/close:")
    if run.can_resume:
        row.button(
            "Resume", key="resume", on_click=_resume, args=[run.id], icon=":material/play_arrow:"
        )


def _button(row, label: str, kind: str, run_id: str, icon: str) -> None:  # type: ignore[no-untyped-def]
    row.button(label, key=kind, on_click=_send, args=[run_id, kind], icon=f":material/{icon}:")


def _send(run_id: str, kind: str) -> None:
    with session.errors_shown():
        session.store().send(run_id, kind)


def end(run_id: str) -> None:
    """Take a run out of the line, or stop it where a worker was faster."""
    with session.errors_shown():
        if not session.store().cancel(run_id):
            session.store().send(run_id, "stop")


def _resume(run_id: str) -> None:
    with session.errors_shown():
        session.resume(run_id)


def _words(run: Run) -> None:
    """What there is to say about the state a run is in."""
    trouble = session.jobs().trouble
    if run.status == "queued" and trouble:
        st.error(trouble)
    elif run.status == "queued":
        line = session.store().queued()
        place = line.index(run.id) + 1 if run.id in line else 1
        st.caption(f"Waiting for a free worker: number {place} of {max(place, len(line))} in line.")
    elif run.status == "lost":
        st.error(
            "The process that trained this run has gone silent. "
            "Resume goes on from its last checkpoint."
        )
    elif run.status == "diverged":
        st.error(f"{run.error} The curves up to there are kept. Try a smaller learning rate.")
    elif run.error:
        st.error(run.error)


def _progress(run: Run, read: session.Curves) -> None:
    if run.status == "finished" or not run.total_steps:
        return
    step = int(read.steps["step"].iloc[-1]) if len(read.steps) else 0
    epoch = min(len(read.epochs) + 1, run.config.epochs)
    text = f"Epoch {epoch} of {run.config.epochs} · step {step:,} of {run.total_steps:,}"
    if run.status == "running":
        done = int(read.epochs["step"].iloc[-1]) if len(read.epochs) else 0
        spent = float(read.epochs["seconds"].sum()) if len(read.epochs) else 0.0
        elapsed = time.time() - (run.started or time.time())
        left = curves.seconds_left(step, run.total_steps, spent, done, elapsed)
        text += "" if left is None else f" · {_duration(left)} left"
    st.progress(min(1.0, step / run.total_steps), text=text)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _figures(run: Run, read: session.Curves) -> None:
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


def _charts(run: Run, read: session.Curves) -> None:
    if not len(read.steps):
        st.caption("The curves appear with the first step.")
        return
    curve = curves.loss_curve(read.steps)
    left, right = st.columns(2)
    with left.container(key="loss_chart"):
        chart = charts_training.loss_chart(
            curve, session.without_statistics(read.epochs), run.total_steps
        )
        last = f"{curve['smooth'].iloc[-1]:.3f}"
        st.altair_chart(chart, alt=f"Training loss by step; its average is now {last} nats.")
    with right.container(key="accuracy_chart"):
        if len(read.epochs):
            rising = charts_training.accuracy_chart(read.epochs, run.config.epochs)
            now = _percent(read.epochs["train_accuracy"].iloc[-1])
            st.altair_chart(rising, alt=f"Accuracy by epoch; on training pictures it is now {now}.")
        else:
            st.caption("Accuracy is measured after each epoch.")
