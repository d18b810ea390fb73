"""All runs in a table: filter by text, status and dataset, sort, and tick rows.

A tick belongs to a run, not to a row. Where runs come, go or change places, a new table replaces
the old one and starts with the same runs ticked, so that nobody deletes a row that has moved.
"""

import hashlib
import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.net import presets
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.run_status import COLORS
from scratchmlp.ui.session import RUNS_DATASET, RUNS_ORDER, RUNS_STATUS, RUNS_TEXT, TICKED_RUNS

MAX_ROWS = 12  # on the screen at once
ORDERS: dict[str, Callable[[Run], Any]] = {
    "Newest": lambda run: -run.created,
    "Most accurate": lambda run: -(run.test_accuracy or 0),
    "Longest training": lambda run: -(run.train_seconds or 0),
    "Name": lambda run: run.title.casefold(),
}


def filtered(runs: list[Run]) -> list[Run]:
    """The filters, and the runs that they leave, in the chosen order."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
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
    left = [run for run in runs if _matches(run, str(text or ""))]
    left = _filter(row, "Dataset", RUNS_DATASET, left, runs, _dataset)
    left = _filter(row, "Status", RUNS_STATUS, left, runs, _status)
    return sorted(left, key=ORDERS[order])


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


def _matches(run: Run, text: str) -> bool:
    """Whether a row shows all the words of `text`."""
    shown = [run.title, run.note, run.id, run.dataset, presets.in_words(run.config)]
    everything = " ".join(shown).casefold()
    return all(word in everything for word in text.casefold().split())


def show(runs: list[Run]) -> list[Run]:
    """The table; returns the runs that are ticked in it, in its order."""
    ticked = st.session_state.get(TICKED_RUNS, set())
    rows = [row for row, run in enumerate(runs) if run.id in ticked]
    event = st.dataframe(
        _table(runs),
        key=_key(runs),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        column_config=_columns(),
        hide_index=True,
        placeholder="–",
        height="content" if len(runs) <= MAX_ROWS else 36 * MAX_ROWS,
        alt=f"A table of {len(runs)} runs.",
    )
    chosen = [runs[row] for row in event["selection"]["rows"] if row < len(runs)]
    st.session_state[TICKED_RUNS] = {run.id for run in chosen}
    return chosen


def _key(runs: list[Run]) -> str:
    """The table's key: another one for other runs or another order of them."""
    ids = ",".join(run.id for run in runs)
    return "runs_table_" + hashlib.sha256(ids.encode()).hexdigest()[:12]


def _table(runs: list[Run]) -> pd.DataFrame:
    lines = resources.sparklines(runs)
    return pd.DataFrame(
        {
            "run": [run.title for run in runs],
            "status": [[run.status] for run in runs],
            "accuracy": 100 * pd.Series([run.test_accuracy for run in runs], dtype=float),
            "loss": [_log10(lines.get(run.id, [])) for run in runs],
            "settings": [presets.in_words(run.config) for run in runs],
            "dataset": [run.dataset for run in runs],
            "created": pd.to_datetime([run.created for run in runs], unit="s", utc=True),
            "seconds": pd.Series([run.train_seconds for run in runs], dtype=float),
            "note": [run.note for run in runs],
            "id": [run.id for run in runs],
        }
    )


def _log10(losses: list[float]) -> list[float]:
    return [math.log10(max(loss, 1e-9)) for loss in losses]


def _columns() -> dict[str, Any]:
    column = st.column_config
    zone = st.context.timezone or "UTC"
    return {
        "run": column.TextColumn("Run", pinned=True, width=150),
        "status": column.MultiselectColumn(
            "Status", options=list(COLORS), color=list(COLORS.values()), width=95
        ),
        "accuracy": column.NumberColumn(
            "Test accuracy", format="%.2f%%", width=110, help="Measured once, at the end."
        ),
        "loss": column.LineChartColumn("Loss (log scale)", width=130, help="By step."),
        "settings": column.TextColumn(
            "Settings", width=260, help="The nearest recipe, and what differs from it."
        ),
        "dataset": column.TextColumn("Dataset", width=80),
        "created": column.DatetimeColumn(
            "Created", format="D MMM YYYY, HH:mm", timezone=zone, width=150, help=f"In {zone}."
        ),
        "seconds": column.NumberColumn("Training time", format="%.1f s", width=100),
        "note": column.TextColumn("Note", width=200),
        "id": column.TextColumn("ID", width=150),
    }
