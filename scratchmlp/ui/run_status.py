"""The state of a run as a page shows it: a badge, progress, how often to look again."""

import time
from collections.abc import Collection
from zoneinfo import ZoneInfo

import streamlit as st

from scratchmlp import figures
from scratchmlp.analysis import curves
from scratchmlp.runs import records
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui import live, resources

LIVE_SECONDS = 1.0  # between two looks at a run that changes
COLORS = {
    "queued": "gray",
    "running": "blue",
    "paused": "orange",
    "finished": "green",
    "stopped": "gray",
    "diverged": "red",
    "failed": "red",
    "lost": "red",
}


def zone() -> ZoneInfo:
    """The visitor's time zone, as the browser names it."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def titles(runs: Collection[Run]) -> dict[str, str]:
    """A title for each run by its id, and no title twice."""
    return records.titles(runs, zone())


def badge(run: Run) -> str:
    """The run's status as Markdown."""
    return f":{COLORS[run.status]}-badge[{run.status}]"


def kept_runs_warning() -> None:
    """Say it if the visitor soon has more runs than they may keep."""
    if sentence := resources.store().run_list.warning():
        st.warning(sentence)


def seconds_between_looks(run: Run) -> float | None:
    """None for a run that has ended: its page costs nothing while nobody touches it."""
    return None if run.ended else live.seconds()


def percent(share: float | None) -> str:
    """A share as a figure; a dash for None and NaN."""
    return "–" if share is None or share != share else figures.percent(share)


def progress(run: Run, history: History) -> None:
    """A bar of the steps that are done, with the time that is left."""
    total, step = run.total_steps or 0, history.last_step
    if not total:
        st.caption("It has not begun." if run.ended else "Preparing the dataset …")
        return
    text = f"{_epochs(run, len(history.epochs))} · step {step:,} of {total:,}"
    left = _seconds_left(run, history) if run.status == "running" else None
    if left is not None:
        text += f" · {_until_it_ends(run, step / total, left)}"
    if run.is_live and history.last_lr is not None:
        text += f" · learning rate {history.last_lr:.2g}"
    st.progress(min(1.0, step / total), text=text)


def _epochs(run: Run, done: int) -> str:
    """Where the run is, or where it ended."""
    total = run.config.epochs
    if done == total:
        return f"{done} of {total} epochs done"
    epoch = f"poch {done + 1} of {total}"
    return f"E{epoch}" if run.status == "running" else f"{run.status.capitalize()} in e{epoch}"


def _until_it_ends(run: Run, done: float, left: float) -> str:
    """When the run ends: by itself, or because the server trains no run for longer."""
    spent = left * done / (1 - done) if done < 1 else 0.0
    if run.max_seconds is None or spent + left <= run.max_seconds:
        return f"{duration(left)} left"
    until = duration(max(0.0, run.max_seconds - spent))
    return f"stops in {until} (limit {run.max_seconds:.0f} s)"


def _seconds_left(run: Run, history: History) -> float | None:
    epochs = history.epochs
    done = int(epochs["step"].iloc[-1]) if len(epochs) else 0
    spent = float(epochs["seconds"].sum()) if len(epochs) else 0.0
    elapsed = time.time() - (run.started or time.time())
    return curves.seconds_left(history.last_step, run.total_steps or 0, spent, done, elapsed)


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def about(seconds: float) -> str:
    """An estimated duration."""
    return f"about {duration(seconds)}" if seconds >= 1 else "under 1 s"
