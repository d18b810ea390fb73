"""The curves of a run, loss and accuracy, with those of the runs it is compared with."""

import numpy as np
import pandas as pd
import streamlit as st

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


def show(run: Run, history: History) -> None:
    """Both charts; a network that was not trained here has none."""
    if not absence.was_trained_here(run):
        return
    compared = comparison.compared_runs(run)
    others = {f"other{i}": resources.history(other) for i, other in enumerate(compared)}
    titles = dict(zip(others, map(comparison.title, compared), strict=True))
    left, right = st.columns(2)
    with left, st.container(key="loss_chart"):
        if history.last_step:
            _loss(run, history, others, titles)
        else:
            st.caption(absence.sentence(run, "curves", "step"))
    with left:
        st.toggle("Logarithmic loss axis", True, key=LOG_AXIS, persist_state="session")
    with right, st.container(key="accuracy_chart"):
        if history.last_epoch:
            _accuracy(run, history, others, titles)
        else:
            st.caption(absence.sentence(run, "accuracy", "epoch"))


def _loss(run: Run, history: History, others: dict[str, History], titles: dict[str, str]) -> None:
    curve = history.loss.table()
    limit = MAX_RATIO * curve["loss"].max()
    whole = {name: other.loss.table() for name, other in others.items()}
    tables = {name: _below(table, limit) for name, table in whole.items()}
    longest = max([history.last_step, *(other.last_step for other in others.values())])
    is_log = st.session_state.get(LOG_AXIS, True)
    points = curves.pointer_table(curve, history.epochs, tables)
    rates = pd.DataFrame(run_controls.learning_rate_marks(run), columns=["step", "words"])
    marked = _mark_best(run, history.epochs)[["step", "epoch", "valid_loss", "best"]]
    tables_of_chart = {
        "points": _drawable(points, is_log),
        "epochs": _drawable(curves.thin_epochs(marked, "valid_loss"), is_log),
        "rates": rates,
        "axis": _axis("step", curves.axis_end(longest, run.total_steps or longest)),
    }
    last = curve["smooth"].iloc[-1] if len(curve) else np.nan
    alt = f"Loss by step; the last average is {last:.1g} nats."
    st.vega_lite_chart(loss_chart(titles, is_log) | {"datasets": tables_of_chart}, alt=alt)
    far = [titles[name] for name, table in whole.items() if (table["smooth"] > limit).any()]
    if far:
        left_out = f"{', '.join(far)} above {limit:,.0f} nats"
        st.caption(escape(f"Left out, because it would hide the rest: {left_out}."))


def _axis(column: str, end: int) -> pd.DataFrame:
    return pd.DataFrame({column: [0, max(end, 1)]})


def _below(other: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Another run's curve without losses so large that they would leave this run no room."""
    return other.assign(smooth=other["smooth"].mask(other["smooth"] > limit))


def _accuracy(
    run: Run, history: History, others: dict[str, History], titles: dict[str, str]
) -> None:
    epochs = {name: other.epochs for name, other in others.items()}
    table = _mark_best(run, curves.accuracy_table(history.epochs, epochs))
    longest = max([history.last_epoch, *(other.last_epoch for other in others.values())])
    end = curves.axis_end(longest, run.config.epochs)
    table = curves.thin_epochs(table, "valid_accuracy")
    tables = {"epochs": _compact(table), "axis": _axis("epoch", end)}
    last = history.epochs["train_accuracy"].iloc[-1]
    alt = f"Accuracy by epoch; the last on training pictures is {percent(last, 0)}."
    st.vega_lite_chart(accuracy_chart(titles) | {"datasets": tables}, alt=alt)


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
