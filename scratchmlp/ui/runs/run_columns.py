"""The columns that a table of runs can have: their labels, widths and values."""

import math
import textwrap
from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.net import presets
from scratchmlp.net.config import LABELS, setting
from scratchmlp.runs.store import Run
from scratchmlp.ui import ownership, resources, run_status, selection, share_table, visitor
from scratchmlp.ui.run_status import COLORS

COLUMNS = {
    "status": "Status",
    "owner": "By",
    "shown": "Shown to all",
    "accuracy": "Test accuracy",
    "losses": "Loss (log scale)",
    "dataset": "Dataset",
    "settings": "Settings",
    "created": "Created",
    "seconds": "Training time",
    "note": "Note",
    "id": "ID",
}
HOSTED = ("owner", "shown")  # only on a hosted server
SETTINGS = [field for field in LABELS if field != "dataset"]
DEFAULT_COLUMNS = list(COLUMNS)[:-1]
NAME_WIDTH, OPEN_WIDTH, SETTINGS_WIDTH = 260, 64, 202  # pixels; a phone shows the first two
LETTER, MARGIN = 7.4, 18  # pixels: the width of a letter, and of a cell's two margins
LINE, PADDING, MAX_LINES = 21, 14, 3  # pixels: the height of a line, and of what is around lines
WRAPPED_HEIGHT = 65  # pixels: in a lower row Streamlit writes one line and cuts the rest


def names() -> list[str]:
    """On one's own machine all runs are one's own."""
    return [name for name in COLUMNS if name not in HOSTED or visitor.is_hosted()]


def table(runs: list[Run], titles: dict[str, str]) -> pd.DataFrame:
    """A row for each run. `titles` is what the table calls each run, by its id."""
    lines, current = resources.sparklines(runs), selection.selected_run_id()
    nicknames = resources.store().visitors.nicknames()
    values = {
        "run": [titles[run.id] for run in runs],
        "open": ["● Open" if run.id == current else "Open" for run in runs],
        "status": [[run.status] for run in runs],
        "owner": [ownership.owner_name(run, nicknames) for run in runs],
        "shown": ["pinned" if run.pinned else "shared" if run.shared else None for run in runs],
        "accuracy": [share_table.rounded_percent(run.test_accuracy) for run in runs],
        "settings": [_unsaid(run) for run in runs],
        "losses": [_log10(lines.get(run.id, [])) for run in runs],
        "dataset": [run.dataset for run in runs],
        "created": pd.to_datetime([run.created for run in runs], unit="s", utc=True),
        "seconds": pd.Series([run.train_seconds for run in runs], dtype=float),
        "note": [run.note for run in runs],
        "id": [run.id for run in runs],
    }
    fields = {field: [setting(field, run.config) for run in runs] for field in SETTINGS}
    return pd.DataFrame(values | fields)


def _unsaid(run: Run) -> str | None:
    """The settings of a run, unless its title says them all."""
    words = presets.in_words(run.config)
    return None if words == run.title else words


def row_height(shown: pd.DataFrame) -> int:
    """In pixels, so that the longest name and settings stand in their columns in full."""
    widths = {"run": NAME_WIDTH, "settings": SETTINGS_WIDTH}
    lines = [
        len(textwrap.wrap(text, int((width - MARGIN) / LETTER)))
        for name, width in widths.items()
        for text in shown[name].dropna()
    ]
    most = min(max(lines, default=1), MAX_LINES)
    height = PADDING + LINE * most
    return max(WRAPPED_HEIGHT, height) if most > 1 else height


def _log10(losses: list[float]) -> list[float]:
    return [math.log10(max(loss, 1e-9)) for loss in losses]


def config(button: str, is_pinned: bool = True) -> dict[str, Any]:
    """`button` is the key of the buttons that open a run. Pinned columns are always in sight."""
    column, zone = st.column_config, run_status.zone().key
    named: dict[str, Any] = {
        "run": column.TextColumn("Run", pinned=is_pinned, width=NAME_WIDTH),
        "open": column.ButtonColumn(
            "Open",
            pinned=is_pinned,
            width=OPEN_WIDTH,
            type="tertiary",
            key=button,
            help="Opens the run on Train. A dot marks the run that the pages show.",
        ),
        "status": column.MultiselectColumn(
            options=list(COLORS), color=list(COLORS.values()), width=91
        ),
        "owner": column.TextColumn(width=110, help="Who trained it."),
        "shown": column.TextColumn(
            width=110, help="Who pins or shares a run shows it to everybody on this server."
        ),
        "accuracy": column.NumberColumn(
            format="%.2f%%", width=108, help="Measured once, at the end."
        ),
        "settings": column.TextColumn(
            width=SETTINGS_WIDTH,
            help="The nearest recipe and all that differs from it, where the name says less.",
        ),
        "losses": column.LineChartColumn(width=120, help="By step."),
        "dataset": column.TextColumn(width=70),
        "created": column.DatetimeColumn(
            format="D MMM YYYY, HH:mm", timezone=zone, width=152, help=f"In {zone}."
        ),
        "seconds": column.NumberColumn(format="%.1f s", width=100),
        "note": column.TextColumn(width=200),
        "id": column.TextColumn(width=150),
    }
    for name, label in COLUMNS.items():
        named[name]["label"] = label
    return named | {field: column.TextColumn(LABELS[field]) for field in SETTINGS}
