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
from scratchmlp.net.config import LABELS, setting
from scratchmlp.runs.store import Run
from scratchmlp.ui import ownership, resources, run_status, selection, share_table, visitor
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.run_status import COLORS
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

MAX_ROWS = 12  # on the screen at once
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


def choose_columns(row: Any) -> list[str]:
    """A control for the columns that the table shows beside the title of a run."""
    with row.popover("Columns", icon=":material/view_column:", key="columns"):
        chosen = st.pills(
            "Columns",
            [*_columns(), *_SETTINGS],
            format_func=lambda name: _COLUMNS.get(name) or LABELS[name],
            selection_mode="multi",
            default=[name for name in DEFAULT_COLUMNS if name in _columns()],
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
    key = _key(runs)
    event = st.dataframe(
        _table(runs, titles),
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        column_order=["run", "open", *columns],
        column_config=_column_config(f"{OPENED_ROW}_{key}"),
        hide_index=True,
        placeholder="–",
        height="content" if len(runs) <= MAX_ROWS else 36 * MAX_ROWS,
        alt=f"A table of {len(runs)} runs.",
    )
    chosen = [runs[row] for row in event["selection"]["rows"] if row < len(runs)]
    st.session_state[TICKED_RUNS] = {run.id for run in chosen}
    return chosen


def opened(runs: list[Run]) -> Run | None:
    """The run whose button in the table was just pressed."""
    click = st.session_state.get(f"{OPENED_ROW}_{_key(runs)}")
    return runs[click["row"]] if click else None


def _key(runs: list[Run]) -> str:
    """The table's key: another one for other runs or another order of them."""
    ids = ",".join(run.id for run in runs)
    return "runs_table_" + hashlib.sha256(ids.encode()).hexdigest()[:12]


_COLUMNS = {
    "status": "Status",
    "owner": "By",
    "accuracy": "Test accuracy",
    "settings": "Settings",
    "losses": "Loss (log scale)",
    "dataset": "Dataset",
    "created": "Created",
    "seconds": "Training time",
    "note": "Note",
    "id": "ID",
}
_SETTINGS = [field for field in LABELS if field != "dataset"]
DEFAULT_COLUMNS = list(_COLUMNS)[:-1]


def _columns() -> list[str]:
    """On one's own machine all runs are one's own."""
    return [name for name in _COLUMNS if name != "owner" or visitor.is_hosted()]


def _table(runs: list[Run], titles: dict[str, str]) -> pd.DataFrame:
    lines, current = resources.sparklines(runs), selection.selected_run_id()
    nicknames = resources.store().visitors.nicknames()
    table = {
        "run": [titles[run.id] for run in runs],
        "open": ["● Open" if run.id == current else "Open" for run in runs],
        "status": [[run.status] for run in runs],
        "owner": [ownership.owner_name(run, nicknames) for run in runs],
        "accuracy": [share_table.rounded_percent(run.test_accuracy) for run in runs],
        "settings": [presets.in_words(run.config) for run in runs],
        "losses": [_log10(lines.get(run.id, [])) for run in runs],
        "dataset": [run.dataset for run in runs],
        "created": pd.to_datetime([run.created for run in runs], unit="s", utc=True),
        "seconds": pd.Series([run.train_seconds for run in runs], dtype=float),
        "note": [run.note for run in runs],
        "id": [run.id for run in runs],
    }
    fields = {field: [setting(field, run.config) for run in runs] for field in _SETTINGS}
    return pd.DataFrame(table | fields)


def _log10(losses: list[float]) -> list[float]:
    return [math.log10(max(loss, 1e-9)) for loss in losses]


def _column_config(button: str) -> dict[str, Any]:
    """`button` is the key of the buttons that open a run."""
    column, zone = st.column_config, run_status.zone().key
    named: dict[str, Any] = {
        "run": column.TextColumn("Run", pinned=True, width=210),
        "open": column.ButtonColumn(
            "Open",
            pinned=True,
            width=75,
            type="tertiary",
            key=button,
            help="Opens the run on Train. A dot marks the run that the pages show.",
        ),
        "status": column.MultiselectColumn(
            options=list(COLORS), color=list(COLORS.values()), width=95
        ),
        "owner": column.TextColumn(width=110, help="Who trained it."),
        "accuracy": column.NumberColumn(
            format="%.2f%%", width=110, help="Measured once, at the end."
        ),
        "settings": column.TextColumn(
            width=330, help="The nearest recipe, and all that differs from it."
        ),
        "losses": column.LineChartColumn(width=130, help="By step."),
        "dataset": column.TextColumn(width=80),
        "created": column.DatetimeColumn(
            format="D MMM YYYY, HH:mm", timezone=zone, width=150, help=f"In {zone}."
        ),
        "seconds": column.NumberColumn(format="%.1f s", width=100),
        "note": column.TextColumn(width=200),
        "id": column.TextColumn(width=150),
    }
    for name, label in _COLUMNS.items():
        named[name]["label"] = label
    return named | {field: column.TextColumn(LABELS[field]) for field in _SETTINGS}
