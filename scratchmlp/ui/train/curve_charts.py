"""The curves of a run, loss and accuracy, with those of the runs it is compared with."""

import numpy as np
import pandas as pd
import streamlit as st

from scratchmlp.analysis import curves
from scratchmlp.charts.training import accuracy_chart, loss_chart
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import LOG_AXIS
from scratchmlp.ui.train import comparison, run_controls

MAX_RATIO = 1000  # a compared run's losses above so many times the run's largest are left out


def show(run: Run, history: History) -> None:
    if not history.last_step:
        ended = "There are no curves: the run ended before its first step was done."
        st.caption(ended if run.ended else "The curves appear with the first step.")
        return
    compared = comparison.compared_runs(run)
    others = {f"other{i}": resources.history(other) for i, other in enumerate(compared)}
    titles = dict(zip(others, map(comparison.title, compared), strict=True))
    left, right = st.columns(2)
    with left:
        _loss(run, history, others, titles)
    with right:
        _accuracy(run, history, others, titles)


def _loss(run: Run, history: History, others: dict[str, History], titles: dict[str, str]) -> None:
    curve = history.loss.table()
    limit = MAX_RATIO * curve["loss"].max()
    whole = {name: other.loss.table() for name, other in others.items()}
    tables = {name: _below(table, limit) for name, table in whole.items()}
    longest = max([history.last_step, *(other.last_step for other in others.values())])
    end = curves.axis_end(longest, run.total_steps or longest)
    spec = loss_chart(end, titles, st.session_state.get(LOG_AXIS, True))
    points = curves.pointer_table(curve, history.epochs, tables)
    rates = pd.DataFrame(run_controls.learning_rate_marks(run), columns=["step", "words"])
    marked = _mark_best(run, history.epochs)[["step", "epoch", "valid_loss", "best"]]
    data = {"points": _compact(points), "epochs": _compact(marked), "rates": rates}
    last = curve["smooth"].iloc[-1] if len(curve) else np.nan
    with st.container(key="loss_chart"):
        st.vega_lite_chart(spec | {"datasets": data}, alt=f"Loss by step, now {last:.1g} nats.")
    st.toggle("Logarithmic loss axis", True, key=LOG_AXIS, persist_state="session")
    far = [titles[name] for name, table in whole.items() if (table["smooth"] > limit).any()]
    if far:
        left_out = f"{', '.join(far)} above {limit:,.0f} nats"
        st.caption(escape(f"Left out, because it would hide the rest: {left_out}."))


def _below(other: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Another run's curve without losses so large that they would leave this run no room."""
    return other.assign(smooth=other["smooth"].mask(other["smooth"] > limit))


def _accuracy(
    run: Run, history: History, others: dict[str, History], titles: dict[str, str]
) -> None:
    with st.container(key="accuracy_chart"):
        if not history.last_epoch:
            st.caption("Accuracy is measured after each epoch.")
            return
        epochs = {name: other.epochs for name, other in others.items()}
        table = _mark_best(run, curves.accuracy_table(history.epochs, epochs))
        longest = max([history.last_epoch, *(other.last_epoch for other in others.values())])
        spec = accuracy_chart(curves.axis_end(longest, run.config.epochs), titles)
        now = history.epochs["train_accuracy"].iloc[-1]
        alt = f"Accuracy by epoch, now {now:.0%} on training pictures."
        st.vega_lite_chart(spec | {"datasets": {"epochs": _compact(table)}}, alt=alt)


def _mark_best(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(best=table["epoch"] == run.best_epoch)


def _compact(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as exact as a screen shows them, in half the bytes."""
    numbers = [name for name in table if table[name].dtype != bool]
    return table.astype(dict.fromkeys(numbers, np.float32))
