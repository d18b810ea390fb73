"""The curves of a run, loss and accuracy, with those of the runs it is compared with."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.dataframe_util import convert_pandas_df_to_arrow_bytes

from scratchmlp import glossary
from scratchmlp.analysis import curves
from scratchmlp.charts.training import GHOST, accuracy_chart, loss_chart
from scratchmlp.figures import LARGE, decimal, percent
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, switch
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import GHOST_RUN, LOG_AXIS
from scratchmlp.ui.train import comparison, references, run_controls

LOSS = "The axis of the loss.\n\n" + glossary.explain("loss", "cross-entropy", "nats", "batch")
MAX_RATIO = 1000  # a compared run's losses above so many times the run's largest are left out

Key = tuple[str | float | None, ...]  # all that a chart depends on


class Drawn(NamedTuple):
    """What a chart shows: its tables as Arrow, its description, and what is left out of it.

    It is made once for all who look at the run, as long as there are no new steps.
    """

    tables: dict[str, bytes]
    alt: str
    left_out: str


@dataclass(frozen=True)
class Curves:
    """A run with the runs and the lines that its curves are compared with.

    Attributes
    ----------
    shown : what the charts depend on, beside the steps and epochs that are done.
    others, titles : of each other run, by its column in the charts.
    """

    run: Run
    history: History
    shown: Key
    others: dict[str, History]
    titles: dict[str, str]

    def done(self, of: str) -> list[int]:
        """The steps or epochs that each run has done."""
        return [getattr(history, of) for history in (self.history, *self.others.values())]


def of_run(run: Run, history: History) -> Curves:
    compared = comparison.compared_runs(run)
    runs = {f"other{i}": other for i, other in enumerate(compared)}
    previous = comparison.previous_run(run) if st.session_state.get(GHOST_RUN) else None
    if previous and previous.id not in {other.id for other in compared}:
        runs[GHOST] = previous
    others = {column: resources.history(other) for column, other in runs.items()}
    titles = {column: comparison.title(other) for column, other in runs.items()}
    if GHOST in titles:
        titles[GHOST] = "previous run"  # fits into every legend
    shown = run.id, run.started, run.best_epoch, run.total_steps, *runs, *titles.values()
    return Curves(run, history, shown, others, titles)


def loss(curves_of_run: Curves) -> None:
    """The loss of each batch, and what to compare it with."""
    with st.container(key="loss_chart"):
        _loss(curves_of_run)
    with st.container(horizontal=True, vertical_alignment="center", key="loss_options"):
        switch.show("Logarithmic axis", True, key=LOG_AXIS, help=LOSS, persist_state="session")
        comparison.switch_ghost()
        st.caption("Dashed: to compare with", help=references.WORDS, width="content")


def accuracy(curves_of_run: Curves) -> None:
    """Training and validation accuracy after each epoch."""
    with st.container(key="accuracy_chart"):
        _accuracy(curves_of_run)


def _loss(c: Curves) -> None:
    is_log = st.session_state.get(LOG_AXIS, True)
    marks = run_controls.learning_rate_marks(c.run)
    done = c.done("last_step")
    key = *c.shown, *done, c.history.last_epoch, len(marks), is_log
    drawn = _draw_loss(key, c.run, c.history, c.others, c.titles, marks)
    spec = loss_chart(c.titles, is_log, references.of_loss(c.run))
    st.vega_lite_chart(spec | {"datasets": {**drawn.tables}}, alt=drawn.alt)
    if drawn.left_out:
        st.caption(escape(f"Left out, because it would hide the rest: {drawn.left_out}."))


@st.cache_resource(show_spinner=False, max_entries=40)
def _draw_loss(
    key: Key,
    _run: Run,
    _history: History,
    _others: dict[str, History],
    _titles: dict[str, str],
    _marks: list[dict],
) -> Drawn:
    is_log = bool(key[-1])
    curve = _history.loss.table()
    limit = MAX_RATIO * curve["loss"].max()
    whole = {name: other.loss.table() for name, other in _others.items()}
    tables = {name: _below(table, limit) for name, table in whole.items()}
    longest = max([_history.last_step, *(other.last_step for other in _others.values())])
    points = curves.pointer_table(curve, _history.epochs, tables)
    marked = _mark_best(_run, _history.epochs)[["step", "epoch", "valid_loss", "best"]]
    axis_end = curves.axis_end(longest, _run.total_steps or longest)
    tables_of_chart = {
        "points": _drawable(points, is_log),
        "epochs": _drawable(curves.thin_epochs(marked, "valid_loss"), is_log),
        "rates": pd.DataFrame(_marks, columns=["step", "words"]),
        "axis": _axis("step", axis_end, "loss", references.losses_reached(_run, len(curve) > 0)),
    }
    far = [_titles[name] for name, table in whole.items() if (table["smooth"] > limit).any()]
    most = f"{limit:,.0f}" if limit < LARGE else decimal(limit)
    left_out = f"{', '.join(far)} above {most} nats" if far else ""
    alt = "Loss by step; no step is done."
    if len(curve):
        alt = f"Loss by step; the last average is {curve['smooth'].iloc[-1]:.1g} nats."
    return Drawn(_arrow(tables_of_chart), alt, left_out)


def _axis(column: str, end: int, value: str, reached: list[float]) -> pd.DataFrame:
    """Both ends of the horizontal axis, and the values that the vertical one reaches."""
    rows = [{column: at} for at in (0, max(end, 1))]
    return pd.DataFrame([*rows, *({column: 0, value: each} for each in reached)])


def _below(other: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Another run's curve without losses so large that they would leave this run no room."""
    return other.assign(smooth=other["smooth"].mask(other["smooth"] > limit))


def _accuracy(c: Curves) -> None:
    drawn = _draw_accuracy((*c.shown, *c.done("last_epoch")), c.run, c.history, c.others)
    spec = accuracy_chart(c.titles, references.of_accuracy(c.run))
    st.vega_lite_chart(spec | {"datasets": {**drawn.tables}}, alt=drawn.alt)


@st.cache_resource(show_spinner=False, max_entries=40)
def _draw_accuracy(key: Key, _run: Run, _history: History, _others: dict[str, History]) -> Drawn:
    epochs = {name: other.epochs for name, other in _others.items()}
    table = _mark_best(_run, curves.accuracy_table(_history.epochs, epochs))
    longest = max([_history.last_epoch, *(other.last_epoch for other in _others.values())])
    lowest = np.nanmin(table.drop(columns=["epoch", "best"]).to_numpy(float), initial=1.0)
    reached = references.accuracies_reached(_run, lowest)
    tables = {
        "epochs": _compact(curves.thin_epochs(table, "valid_accuracy")),
        "axis": _axis("epoch", curves.axis_end(longest, _run.config.epochs), "accuracy", reached),
    }
    alt = "Accuracy by epoch; no epoch is done."
    if _history.last_epoch:
        last = _history.epochs["train_accuracy"].iloc[-1]
        alt = f"Accuracy by epoch; the last on training pictures is {percent(last, 0)}."
    return Drawn(_arrow(tables), alt, "")


def _arrow(tables: dict[str, pd.DataFrame]) -> dict[str, bytes]:
    """The tables as Streamlit sends them."""
    return {name: convert_pandas_df_to_arrow_bytes(table) for name, table in tables.items()}


def _mark_best(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(best=table["epoch"] == run.best_epoch)


def _drawable(table: pd.DataFrame, is_log: bool) -> pd.DataFrame:
    """A table of losses; a logarithmic axis has no place for a loss of 0."""
    compact = _compact(table)
    losses = compact.columns.difference(["step", "epoch", "is_stop", "best"])
    if is_log:
        compact[losses] = compact[losses].where(compact[losses] > 0)
    return compact


def _compact(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as exact as a screen shows them, in half the bytes."""
    numbers = [name for name in table if table[name].dtype != bool]
    return table.astype(dict.fromkeys(numbers, np.float32))
