"""The curves of a run on the page: loss and accuracy, those of other runs beside them."""

import numpy as np
import pandas as pd
import streamlit as st

from scratchmlp.analysis import curves
from scratchmlp.charts.training import accuracy_chart, loss_chart
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.train import comparison, run_controls

LOG = "log_axis"
FAR = 1000  # times the largest loss of the run that others are laid beside


def show(run: Run, read: History) -> None:
    if not read.last_step:
        ended = "There are no curves: it ended before its first step was done."
        st.caption(ended if run.ended else "The curves appear with the first step.")
        return
    beside = comparison.beside(run)
    others = {f"other{i}": session.curves(other) for i, other in enumerate(beside)}
    titles = dict(zip(others, beside.values(), strict=True)) if beside else {}
    left, right = st.columns(2)
    with left:
        _loss(run, read, others, titles)
    with right:
        _accuracy(run, read, others, titles)


def _loss(run: Run, read: History, others: dict[str, History], titles: dict[str, str]) -> None:
    curve = read.loss.table()
    limit = FAR * curve["loss"].max()
    whole = {name: other.loss.table() for name, other in others.items()}
    tables = {name: _below(table, limit) for name, table in whole.items()}
    longest = max([read.last_step, *(other.last_step for other in others.values())])
    end = curves.axis_end(longest, run.total_steps or longest)
    spec = loss_chart(end, titles, st.session_state.get(LOG, True))
    points = curves.pointer_table(curve, read.epochs, tables)
    rates = pd.DataFrame(run_controls.marks(run), columns=["step", "words"])
    marked = _marked(run, read.epochs)[["step", "epoch", "valid_loss", "best"]]
    data = {"points": _small(points), "epochs": _small(marked), "rates": rates}
    last = curve["smooth"].iloc[-1] if len(curve) else np.nan
    with st.container(key="loss_chart"):
        st.vega_lite_chart(spec | {"datasets": data}, alt=f"Loss by step, now {last:.1g} nats.")
    st.toggle("Logarithmic loss", True, key=LOG, persist_state="session")
    far = [titles[name] for name, table in whole.items() if (table["smooth"] > limit).any()]
    if far:
        st.caption(
            f"Left out, for it would hide the rest: {', '.join(far)} above {limit:,.0f} nats."
        )


def _below(other: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Another run's curve without what would leave no room for this one: a loss without bounds."""
    return other.assign(smooth=other["smooth"].mask(other["smooth"] > limit))


def _accuracy(run: Run, read: History, others: dict[str, History], titles: dict[str, str]) -> None:
    with st.container(key="accuracy_chart"):
        if not read.last_epoch:
            st.caption("Accuracy is measured after each epoch.")
            return
        epochs = {name: other.epochs for name, other in others.items()}
        table = curves.accuracy_table(read.epochs, epochs)
        table = table.assign(best=table["epoch"] == run.best_epoch)
        longest = max([read.last_epoch, *(other.last_epoch for other in others.values())])
        end = curves.axis_end(longest, run.config.epochs)
        spec = accuracy_chart(end, titles)
        now = read.epochs["train_accuracy"].iloc[-1]
        alt = f"Accuracy by epoch, now {now:.0%} on training pictures."
        st.vega_lite_chart(spec | {"datasets": {"epochs": _small(table)}}, alt=alt)


def _marked(run: Run, epochs: pd.DataFrame) -> pd.DataFrame:
    return epochs.assign(best=epochs["epoch"] == run.best_epoch)


def _small(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as exact as a screen shows them, in half the bytes."""
    number = [name for name in table if table[name].dtype != bool]
    return table.astype(dict.fromkeys(number, np.float32))
