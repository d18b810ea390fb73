"""The board of a class: its runs by validation accuracy, with their settings and their owners.

It has what everybody sees, the shared and the pinned runs; for a teacher all runs.
"""

from collections import Counter
from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.runs.permissions import Visitor
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, run_status, session, share_table
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.runs import actions, run_columns, run_table
from scratchmlp.ui.session import BOARD_DATASET, OPENED_ROW

KIND = "board"
COLUMNS = ["place", "valid", "open", "run", "owner", "settings", "status", "losses"]
LOOK_SECONDS = 10.0
CACHE_SECONDS = 3.0

Standing = tuple[Run, float]
"""A run, and its validation accuracy after its last epoch."""


def show() -> None:
    st.fragment(_board, run_every=LOOK_SECONDS)()


def _board() -> None:
    with session.errors_shown(), st.container(key="board"):
        standings = _all_standings(resources.current_visitor().is_teacher)
        if not standings:
            _empty()
            return
        row = st.container(horizontal=True, vertical_alignment="bottom")
        shown = _of_one_dataset(row, standings)
        runs = [run for run, _ in shown]
        chosen = run_table.choose_run(row, runs, run_status.titles(runs))
        key, table = run_table.key_for(runs, KIND), _table(shown)
        row_height = run_columns.row_height(table)
        st.dataframe(
            table,
            key=key,
            column_order=COLUMNS,
            column_config=_config(f"{OPENED_ROW}_{key}"),
            hide_index=True,
            placeholder="–",
            row_height=row_height,
            height=run_table.height(len(runs), row_height),
            alt=f"The board: {len(runs)} runs by validation accuracy.",
        )
        st.caption("Validation accuracy after the last epoch. It changes while a run trains.")
        if run := chosen or run_table.opened(runs, KIND):
            actions.open_on_train(run)


@st.cache_resource(show_spinner=False, ttl=CACHE_SECONDS)
def _all_standings(is_teacher: bool) -> list[Standing]:
    """The best first. All visitors see the same, so it is read once for all of them."""
    store = resources.shared_store().seen_by(Visitor("", is_teacher=is_teacher))
    accuracies = store.run_list.valid_accuracies()
    standings = [(run, accuracies[run.id]) for run in store.runs() if run.id in accuracies]
    return sorted(standings, key=lambda standing: (-standing[1], standing[0].created))


def _of_one_dataset(row: Any, standings: list[Standing]) -> list[Standing]:
    """Accuracies on two datasets cannot be compared."""
    counts = Counter(run.dataset for run, _ in standings)
    [(most, _)] = counts.most_common(1)
    if len(counts) == 1:
        return standings
    chosen = row.segmented_control(
        "Dataset",
        sorted(counts),
        format_func=escape,
        default=most,
        required=True,
        key=BOARD_DATASET,
        persist_state="session",
    )
    return [standing for standing in standings if standing[0].dataset == chosen]


def _table(standings: list[Standing]) -> pd.DataFrame:
    """Names may be equal: their owners and places tell the runs apart."""
    runs, accuracies = [run for run, _ in standings], [accuracy for _, accuracy in standings]
    return run_columns.table(runs, {run.id: run.title for run in runs}).assign(
        place=[_place(accuracies, accuracy) for accuracy in accuracies],
        valid=[share_table.rounded_percent(accuracy) for accuracy in accuracies],
    )


def _place(accuracies: list[float], accuracy: float) -> int:
    """Equal accuracies have the same place."""
    return 1 + sum(other > accuracy for other in accuracies)


def _config(button: str) -> dict[str, Any]:
    """On a phone the accuracies are on the screen first: no column is pinned before them."""
    column, config = st.column_config, run_columns.config(button, is_pinned=False)
    config["place"] = column.NumberColumn("Place", width=60)
    config["valid"] = column.NumberColumn("Validation accuracy", format="%.2f%%", width=150)
    return config


def _empty() -> None:
    st.info("No run is on the board yet. Turn on Shared at one of your runs on Train.")
    st.page_link("pages/train.py", label="Go to Train", icon=":material/play_arrow:")
