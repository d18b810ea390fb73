"""Output and options that all commands share: text for people, JSON for programs.

With `--json`, stdout holds one JSON object per line and nothing else.
"""

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
)
from rich.table import Table

from scratchmlp import figures
from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True, highlight=False)

RUN = typer.Argument(metavar="RUN", help="The id of a run, or latest.")
BEST = typer.Option("--best", help="Use the best epoch, not the last one.")
DATASET = typer.Option(help=sources.HELP)
JSON = typer.Option("--json", help="Print one JSON object per line, and nothing else.")


def echo(as_json: bool, record: dict[str, Any], text: str) -> None:
    """Print a record as one line: as JSON, or the text that says the same."""
    with _to_stdout():
        print(json.dumps(_nan_to_none(record), allow_nan=False) if as_json else text, flush=True)


def print_table(table: Table) -> None:
    with _to_stdout():
        Console(highlight=False).print(table)


class OutputError(UserError):
    """The standard output cannot be written."""


@contextmanager
def _to_stdout() -> Iterator[None]:
    """Raise an `OutputError` if stdout cannot be written: its reader has ended, its disk is full.

    Then the rest of its buffer is discarded. Otherwise Python would try to write it at exit.
    """
    try:
        yield
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"The output could not be written ({error.strerror}).") from error


def _nan_to_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nan_to_none(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_nan_to_none(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def progress_bar(*columns: ProgressColumn) -> Progress:
    """A progress bar on stderr; none if stderr is not a terminal."""
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def dataset_progress() -> Iterator[datasets.Progress]:
    """A progress bar for the preparation of a dataset; yields the callback for it."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with progress_bar(*columns) as bar:
        task = bar.add_task("", total=None, visible=False)

        def on_progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None, visible=True)

        yield on_progress


def percent(share: float | None) -> str:
    return "" if share is None else figures.percent(share)
