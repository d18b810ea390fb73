"""Two runs on the same pictures: what the other one fixes, and what it breaks."""

from typing import Any

import streamlit as st

from scratchmlp.analysis import comparison
from scratchmlp.charts.evaluation import confusion_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import layout, predictions, thumbnails
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.thumbnails import Item

OTHER = "compared_run"
SHOWN = 60


def show(seen: Predictions, others: dict[str, str], runs: dict[str, Run]) -> None:
    """`others` are the names of the runs to choose from, by id."""
    if not others:
        st.info("There is no second run on these classes yet: train another, then compare.")
        return
    chosen = st.selectbox(
        "Compare with",
        list(others),
        format_func=lambda run_id: others[run_id],
        key=OTHER,
        persist_state="session",
    )
    theirs = predictions.of(runs[chosen], seen.dataset, seen.split)
    told = comparison.compare(seen.table, theirs.table)
    row = st.container(horizontal=True)
    row.metric("Fixes", f"{len(told.fixed):,}", help="Wrong by this run, right by the other.")
    row.metric("Breaks", f"{len(told.broken):,}", help="Right by this run, wrong by the other.")
    row.metric("Both wrong", f"{told.both_wrong:,}")
    row.metric("McNemar's p", f"{told.p:.3g}", help=_MCNEMAR)
    st.caption(_verdict(told))
    left, right = st.columns(2, gap="large")
    with left.container(key="fixed"):
        _gallery("fixed", "What the other run fixes", told.fixed, seen, theirs)
    with right.container(key="broken"):
        _gallery("broken", "What the other run breaks", told.broken, seen, theirs)
    with st.expander("How far they agree"):
        cells = comparison.agreement(seen.table, theirs.table, seen.network.classes)
        apart = cells[cells["truth"] != cells["prediction"]]
        chart = confusion_chart(
            apart,
            list(seen.network.classes),
            rates=False,
            rows="this run's answer",
            columns="the other's answer",
            ink=layout.ink(),
        )
        st.altair_chart(
            chart,
            alt="Answers of the two runs against each other, the same ones left out.",
        )


def _verdict(told: comparison.Comparison) -> str:
    better = "the other run" if len(told.fixed) > len(told.broken) else "this run"
    if told.p < 0.05:
        return f"A difference as large would be rare by chance: {better} is better here."
    return "Two equally good runs would often differ as much: this does not tell which is better."


_MCNEMAR = (
    "How often two equally good runs would differ at least this much on these pictures (exact, "
    "two-sided)."
)


def _gallery(
    name: str, title: str, rows: list[int], seen: Predictions, theirs: Predictions
) -> None:
    st.markdown(f"**{title}** ({len(rows):,})")
    if not rows:
        st.caption("Nothing.")
        return
    pages = -(-len(rows) // SHOWN)
    at = st.pagination(pages, key=f"{name}_page") if pages > 1 else 1
    shown = rows[(at - 1) * SHOWN : at * SHOWN]
    items = [_item(index, seen, theirs) for index in shown]
    images = seen.examples.images[shown]
    thumbnails.show(f"{name}_thumbnails", images, items, predictions.show_picture)


def _item(index: int, seen: Predictions, theirs: Predictions) -> Item:
    names = seen.network.classes
    row: Any = seen.table.loc[index]
    other_row: Any = theirs.table.loc[index]
    truth, ours = names[int(row["truth"])], names[int(row["prediction"])]
    other = names[int(other_row["prediction"])]
    label = f"Picture {index}: truth {truth}, this run answered {ours}, the other {other}"
    return {"index": index, "words": f"a {truth}", "small": f"{ours} | {other}", "label": label}
