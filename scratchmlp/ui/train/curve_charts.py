"""The curves of a run, loss and accuracy, with those of the runs it is compared with."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.dataframe_util import convert_pandas_df_to_arrow_bytes

from scratchmlp.analysis import curves
from scratchmlp.charts.training import accuracy_chart, loss_chart
from scratchmlp.figures import percent
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import LOG_AXIS
from scratchmlp.ui.train import absence, comparison, run_controls

MAX_RATIO = 1000  # a compared run's losses above so many times the run's largest are left out

Key = tuple[str | float | None, ...]  # all that a chart depends on


class Drawn(NamedTuple):
    """What a chart shows: its tables as Arrow, its description, and what is left out of it.

    It is made once for all who look at the run, as long as there are no new steps.
    """

    tables: dict[str, bytes]
    alt: str
    left_out: str


def show(run: Run, history: History) -> None:
    """Both charts; a network that was not trained here has none."""
    if not absence.was_trained_here(run):
        return
    compared = comparison.compared_runs(run)
    others = {f"other{i}": resources.history(other) for i, other in enumerate(compared)}
    titles = dict(zip(others, map(comparison.title, compared), strict=True))
    shown = run.id, run.started, run.best_epoch, *titles.values()
    left, right = st.columns(2)
    with left, st.container(key="loss_chart"):
        if history.last_step:
            _loss(shown, run, history, others, titles)
        else:
            st.caption(absence.sentence(run, "curves", "step"))
    with left:
        st.toggle("Logarithmic loss axis", True, key=LOG_AXIS, persist_state="session")
    with right, st.container(key="accuracy_chart"):
        if history.last_epoch:
            _accuracy(shown, run, history, others, titles)
        else:
            st.caption(absence.sentence(run, "accuracy", "epoch"))


def _loss(
    shown: Key, run: Run, history: History, others: dict[str, History], titles: dict[str, str]
) -> None:
    is_log = st.session_state.get(LOG_AXIS, True)
    marks = run_controls.learning_rate_marks(run)
    steps = [history.last_step, history.last_epoch, *(h.last_step for h in others.values())]
    drawn = _draw_loss((*shown, *steps, len(marks), is_log), run, history, others, titles, marks)
    st.vega_lite_chart(loss_chart(titles, is_log) | {"datasets": {**drawn.tables}}, alt=drawn.alt)
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
    tables_of_chart = {
        "points": _drawable(points, is_log),
        "epochs": _drawable(curves.thin_epochs(marked, "valid_loss"), is_log),
        "rates": pd.DataFrame(_marks, columns=["step", "words"]),
        "axis": _axis("step", curves.axis_end(longest, _run.total_steps or longest)),
    }
    last = curve["smooth"].iloc[-1] if len(curve) else np.nan
    far = [_titles[name] for name, table in whole.items() if (table["smooth"] > limit).any()]
    left_out = f"{', '.join(far)} above {limit:,.0f} nats" if far else ""
    alt = f"Loss by step; the last average is {last:.1g} nats."
    return Drawn(_arrow(tables_of_chart), alt, left_out)


def _axis(column: str, end: int) -> pd.DataFrame:
    return pd.DataFrame({column: [0, max(end, 1)]})


def _below(other: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Another run's curve without losses so large that they would leave this run no room."""
    return other.assign(smooth=other["smooth"].mask(other["smooth"] > limit))


def _accuracy(
    shown: Key, run: Run, history: History, others: dict[str, History], titles: dict[str, str]
) -> None:
    epochs = [history.last_epoch, *(other.last_epoch for other in others.values())]
    drawn = _draw_accuracy((*shown, *epochs), run, history, others)
    st.vega_lite_chart(accuracy_chart(titles) | {"datasets": {**drawn.tables}}, alt=drawn.alt)


@st.cache_resource(show_spinner=False, max_entries=40)
def _draw_accuracy(key: Key, _run: Run, _history: History, _others: dict[str, History]) -> Drawn:
    epochs = {name: other.epochs for name, other in _others.items()}
    table = _mark_best(_run, curves.accuracy_table(_history.epochs, epochs))
    longest = max([_history.last_epoch, *(other.last_epoch for other in _others.values())])
    tables = {
        "epochs": _compact(curves.thin_epochs(table, "valid_accuracy")),
        "axis": _axis("epoch", curves.axis_end(longest, _run.config.epochs)),
    }
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
