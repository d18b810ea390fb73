"""All runs in a table: found by text, status and dataset, sorted, and chosen by their rows.

A row is known by its run. Where runs come, go or change places the table is a new one that starts
with the same runs chosen, so that nobody deletes what slipped under the hand.
"""

import hashlib
import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.net import presets
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.train import run_card

CHOSEN = "chosen_runs"  # ids
TEXT, STATUS, DATASET, ORDER = "runs_text", "runs_status", "runs_dataset", "runs_order"
ORDERS: dict[str, Callable[[Run], Any]] = {
    "Newest": lambda run: -run.created,
    "Most accurate": lambda run: -(run.test_accuracy or 0),
    "Longest training": lambda run: -(run.train_seconds or 0),
    "Name": lambda run: run.title.casefold(),
}
COLORS = {status: color for status, (color, _) in run_card.BADGES.items()}


def found(runs: list[Run]) -> list[Run]:
    """The runs that the filters leave, in the order that was asked for."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    text = row.text_input(
        "Find",
        key=TEXT,
        persist_state="session",
        placeholder="name, setting",
        icon=":material/search:",
        live=True,
        width=170,
    )
    order = row.selectbox("Order", list(ORDERS), key=ORDER, persist_state="session", width=170)
    kept = [run for run in runs if _says(run, str(text or ""))]
    kept = _only(row, "Pictures", DATASET, kept, [run.dataset for run in runs], _dataset)
    kept = _only(row, "Status", STATUS, kept, [run.status for run in runs], _status)
    return sorted(kept, key=ORDERS[order])


def _only(
    row: Any, label: str, key: str, kept: list[Run], values: list[str], of: Callable[[Run], str]
) -> list[Run]:
    """A filter by a property, where the runs differ in it; nothing chosen is everything."""
    options = sorted({*values, *st.session_state.get(key, [])})
    if len(options) < 2:
        return kept
    wanted = row.pills(label, options, selection_mode="multi", key=key, persist_state="session")
    return [run for run in kept if not wanted or of(run) in wanted]


def _dataset(run: Run) -> str:
    return run.dataset


def _status(run: Run) -> str:
    return run.status


def _says(run: Run, text: str) -> bool:
    """Whether all the words are in what a row shows."""
    shown = [run.title, run.note, run.id, run.dataset, presets.in_words(run.config)]
    everything = " ".join(shown).casefold()
    return all(word in everything for word in text.casefold().split())


def show(runs: list[Run]) -> list[Run]:
    """The table; returns the runs that are chosen in it, in its order."""
    chosen = st.session_state.get(CHOSEN, set())
    rows = [row for row, run in enumerate(runs) if run.id in chosen]
    event = st.dataframe(
        _table(runs),
        key=key(runs),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        column_config=_columns(),
        hide_index=True,
        placeholder="–",
        height="content" if len(runs) <= MOST_ROWS else 36 * MOST_ROWS,
        alt=f"A table of {len(runs)} runs.",
    )
    picked = [runs[row] for row in event["selection"]["rows"] if row < len(runs)]
    st.session_state[CHOSEN] = {run.id for run in picked}
    return picked


MOST_ROWS = 12


def key(runs: list[Run]) -> str:
    """The table's key: another one for other runs or another order of them."""
    ids = ",".join(run.id for run in runs)
    return "runs_table_" + hashlib.sha256(ids.encode()).hexdigest()[:12]


def _table(runs: list[Run]) -> pd.DataFrame:
    lines = session.sparklines(runs)
    return pd.DataFrame(
        {
            "run": [run.title for run in runs],
            "status": [[run.status] for run in runs],
            "accuracy": 100 * pd.Series([run.test_accuracy for run in runs], dtype=float),
            "loss": [_logarithms(lines.get(run.id, [])) for run in runs],
            "settings": [presets.in_words(run.config) for run in runs],
            "dataset": [run.dataset for run in runs],
            "created": pd.to_datetime([run.created for run in runs], unit="s", utc=True),
            "seconds": pd.Series([run.train_seconds for run in runs], dtype=float),
            "note": [run.note for run in runs],
            "id": [run.id for run in runs],
        }
    )


def _logarithms(losses: list[float]) -> list[float]:
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
            "Test accuracy", format="%.2f%%", width=110, help="Looked at once, at the end."
        ),
        "loss": column.LineChartColumn("Loss, logarithmic", width=130, help="By step."),
        "settings": column.TextColumn(
            "Settings", width=260, help="The nearest preset, and what differs from it."
        ),
        "dataset": column.TextColumn("Pictures", width=80),
        "created": column.DatetimeColumn(
            "Created", format="D MMM YYYY, HH:mm", timezone=zone, width=150, help=f"In {zone}."
        ),
        "seconds": column.NumberColumn("Training", format="%.1f s", width=90),
        "note": column.TextColumn("Note", width=200),
        "id": column.TextColumn("Id", width=150),
    }
