"""All runs in a table: filter by text, status and dataset, sort, and tick rows.

A tick belongs to a run, not to a row. Where runs come, go or change places, a new table replaces
the old one and starts with the same runs ticked, so that nobody deletes a row that has moved.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import streamlit as st

from scratchmlp.net import presets
from scratchmlp.net.config import LABELS
from scratchmlp.runs.store import Run
from scratchmlp.ui import ownership, resources, visitor
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.runs import run_columns
from scratchmlp.ui.session import (
    OPENED_ROW,
    RUN_TO_OPEN,
    RUNS_COLUMNS,
    RUNS_DATASET,
    RUNS_ORDER,
    RUNS_STATUS,
    RUNS_TEXT,
    TICKED_RUNS,
)

TABLE = "runs_table"
MOST_HEIGHT = 540  # pixels
ORDERS: dict[str, Callable[[Run], Any]] = {
    "Newest": lambda run: -run.created,
    "Most accurate": lambda run: -(run.test_accuracy or 0),
    "Longest training": lambda run: -(run.train_seconds or 0),
    "Name": lambda run: run.title.casefold(),
}


def filtered(row: Any, runs: list[Run]) -> list[Run]:
    """The filters, in a row, and the runs that they leave, in the chosen order."""
    text = row.text_input(
        "Search",
        key=RUNS_TEXT,
        persist_state="session",
        placeholder="Name or setting",
        icon=":material/search:",
        live=True,
        width=170,
    )
    order = row.selectbox(
        "Sort by", list(ORDERS), key=RUNS_ORDER, persist_state="session", width=170
    )
    nicknames = resources.store().visitors.nicknames() if visitor.is_hosted() else {}
    left = [run for run in runs if _matches(run, str(text or ""), nicknames)]
    left = _filter(row, "Dataset", RUNS_DATASET, left, runs, _dataset)
    left = _filter(row, "Status", RUNS_STATUS, left, runs, _status)
    return sorted(left, key=lambda run: (run.pinned is None, ORDERS[order](run)))


def _filter(
    row: Any,
    label: str,
    key: str,
    left: list[Run],
    runs: list[Run],
    value: Callable[[Run], str],
) -> list[Run]:
    """A filter by a value in which the runs differ; nothing chosen leaves all."""
    options = sorted({*map(value, runs), *st.session_state.get(key, [])})
    if len(options) < 2:
        return left
    wanted = row.pills(
        label,
        options,
        format_func=escape,
        selection_mode="multi",
        key=key,
        persist_state="session",
    )
    return [run for run in left if not wanted or value(run) in wanted]


def _dataset(run: Run) -> str:
    return run.dataset


def _status(run: Run) -> str:
    return run.status


def _matches(run: Run, text: str, nicknames: dict[str, str]) -> bool:
    """Whether a row shows all the words of `text`."""
    shown = [run.title, run.note, run.id, run.dataset, presets.in_words(run.config)]
    if visitor.is_hosted():
        shown.append(ownership.owner_name(run, nicknames))
    everything = " ".join(shown).casefold()
    return all(word in everything for word in text.casefold().split())


def choose_columns(row: Any) -> list[str]:
    """A control for the columns that the table shows beside the title of a run."""
    with row.popover("Columns", icon=":material/view_column:", key="columns"):
        chosen = st.pills(
            "Columns",
            [*run_columns.names(), *run_columns.SETTINGS],
            format_func=lambda name: run_columns.COLUMNS.get(name) or LABELS[name],
            selection_mode="multi",
            default=[name for name in run_columns.DEFAULT_COLUMNS if name in run_columns.names()],
            key=RUNS_COLUMNS,
            persist_state="session",
        )
    return list(chosen)


def choose_run(row: Any, runs: list[Run], titles: dict[str, str]) -> Run | None:
    """A control that opens a run by the keyboard, which cannot press a button in the table."""
    by_id = {run.id: run for run in runs}
    run_id = row.selectbox(
        "Open a run",
        list(by_id),
        index=None,
        format_func=titles.__getitem__,
        placeholder="Type its name",
        key=RUN_TO_OPEN,
        width=200,
    )
    return by_id.get(run_id)


def show(runs: list[Run], titles: dict[str, str], columns: list[str]) -> list[Run]:
    """The table; returns the runs that are ticked in it, in its order.

    Parameters
    ----------
    titles : what the table calls each run, by its id.
    columns : the others, from `choose_columns`.
    """
    ticked = st.session_state.get(TICKED_RUNS, set())
    rows = [row for row, run in enumerate(runs) if run.id in ticked]
    key, table = key_for(runs), run_columns.table(runs, titles)
    row_height = run_columns.row_height(table)
    event = st.dataframe(
        table,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        column_order=["run", "open", *columns],
        column_config=run_columns.config(f"{OPENED_ROW}_{key}"),
        hide_index=True,
        placeholder="–",
        row_height=row_height,
        height=height(len(runs), row_height),
        alt=f"A table of {len(runs)} runs.",
    )
    chosen = [runs[row] for row in event["selection"]["rows"] if row < len(runs)]
    st.session_state[TICKED_RUNS] = {run.id for run in chosen}
    return chosen


def opened(runs: list[Run], kind: str = TABLE) -> Run | None:
    """The run whose button in the table was just pressed."""
    click = st.session_state.get(f"{OPENED_ROW}_{key_for(runs, kind)}")
    return runs[click["row"]] if click else None


def key_for(runs: list[Run], kind: str = TABLE) -> str:
    """The key of a table of that kind: another one for other runs or another order of them."""
    ids = ",".join(run.id for run in runs)
    return f"{kind}_{hashlib.sha256(ids.encode()).hexdigest()[:12]}"


def height(rows: int, row_height: int = run_columns.LINE + run_columns.PADDING) -> Any:
    """Of a table with so many rows; a long one is scrolled."""
    return "content" if rows * row_height <= MOST_HEIGHT else MOST_HEIGHT
