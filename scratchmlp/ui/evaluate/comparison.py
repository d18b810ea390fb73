"""Two runs on the same samples: what only one of them predicts correctly."""

from functools import partial
from typing import Any

import streamlit as st

from scratchmlp.analysis import comparison
from scratchmlp.analysis.comparison import Comparison
from scratchmlp.charts.confusion import confusion_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import run_picker, thumbnails
from scratchmlp.ui.evaluate import confusion_matrix, gallery, state
from scratchmlp.ui.predictions import Predictions, load_predictions
from scratchmlp.ui.thumbnails import Item

TITLE = "Compare"  # of this view
PAGE_SIZE = 60
ONLY_OTHER, ONLY_THIS = "Only the other is right", "Only this one is right"
TITLES = {"fixed": ONLY_OTHER, "broken": ONLY_THIS}
PAGES = {"fixed": "page", "broken": "page2"}  # the fields of the state with their pages


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    others = run_picker.comparable_runs(runs, run)
    if not others:
        st.info("No other runs on this dataset yet. Train another one to compare.")
        return
    if state.now().compare not in ("", *others):
        state.refuse("compare", "The run to compare with is not another run on this dataset.")
    chosen = _other(others)
    st.selectbox(
        "Compare with",
        list(others),
        list(others).index(chosen),
        format_func=run_picker.labels(runs).__getitem__,
        **state.widget("compare", value=chosen),
    )
    theirs = load_predictions(others[chosen], predictions.dataset, predictions.split)
    compared = comparison.compare(predictions.table, theirs.table)
    _figures(compared)
    left, right = st.columns(2, gap="large")
    with left.container(key="fixed"):
        _gallery("fixed", compared.fixed, predictions, theirs)
    with right.container(key="broken"):
        _gallery("broken", compared.broken, predictions, theirs)
    with st.expander("Where their predictions differ"):
        _agreement(predictions, theirs)


def _other(others: dict[str, Run]) -> str:
    """The run to compare with: the chosen one, or the newest."""
    return state.now().compare if state.now().compare in others else next(iter(others))


def listed(name: str, run: Run, predictions: Predictions, runs: dict[str, Run]) -> list[int] | None:
    """The pictures of one of the two lists, "fixed" or "broken"; None if nothing is compared."""
    others = run_picker.comparable_runs(runs, run)
    if not others:
        return None
    theirs = load_predictions(others[_other(others)], predictions.dataset, predictions.split)
    compared = comparison.compare(predictions.table, theirs.table)
    return compared.fixed if name == "fixed" else compared.broken


def _figures(compared: Comparison) -> None:
    row = st.container(horizontal=True)
    row.metric(ONLY_OTHER, f"{len(compared.fixed):,}", help="This run is wrong on these pictures.")
    row.metric(
        ONLY_THIS, f"{len(compared.broken):,}", help="The other run is wrong on these pictures."
    )
    row.metric("Both wrong", f"{compared.both_wrong:,}")
    row.metric("McNemar's p", comparison.p_text(compared.p), help=_MCNEMAR)
    st.caption(_verdict(compared))


def _verdict(compared: Comparison) -> str:
    if not compared.fixed and not compared.broken:
        return "Both runs are right on the same pictures."
    better = "the other run" if len(compared.fixed) > len(compared.broken) else "this run"
    if compared.p < 0.05:
        return f"The difference is significant (p < 0.05): {better} is better on these pictures."
    return "The difference is not significant (p ≥ 0.05): it can be chance."


_MCNEMAR = (
    "McNemar's test, exact and two-sided: the probability of a difference at least this large if "
    "both runs were equally good."
)


def _gallery(name: str, rows: list[int], ours: Predictions, theirs: Predictions) -> None:
    st.markdown(f"**{TITLES[name]}** ({len(rows):,})")
    if not rows:
        st.caption("No pictures.")
        return
    shown = rows[gallery.page_of(len(rows), PAGES[name], PAGE_SIZE)]
    items = [_item(index, ours, theirs) for index in shown]
    images = ours.examples.images[shown]
    thumbnails.show(f"{name}_thumbnails", images, items, partial(_open, name))


def _open(name: str, index: int) -> None:
    state.change(sample=index, opened_from=name)


def _item(index: int, ours: Predictions, theirs: Predictions) -> Item:
    row: Any = ours.table.loc[index]
    other_row: Any = theirs.table.loc[index]
    names = ours.classes
    truth, this = names[int(row["truth"])], names[int(row["prediction"])]
    other = names[int(other_row["prediction"])]
    label = (
        f"Picture {ours.name(index)}: truth {truth}, this run predicts {this}, the other {other}"
    )
    return {"index": index, "words": f"a {truth}", "small": f"{this} | {other}", "label": label}


def _agreement(ours: Predictions, theirs: Predictions) -> None:
    cells = comparison.agreement(ours.table, theirs.table, ours.classes)
    chart = confusion_chart(
        cells[cells["truth"] != cells["prediction"]],
        list(ours.classes),
        rates=False,
        rows="this run's prediction",
        columns="the other's prediction",
    )
    with confusion_matrix.frame("agreement", list(ours.classes)):
        st.altair_chart(chart, alt="The predictions of the two runs where they differ.")
