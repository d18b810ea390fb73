"""What every command shares: how it speaks to a person, and how to a program.

With `--json`, stdout holds JSON objects, one a line, and nothing else.
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

from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
screen = Console(stderr=True, highlight=False)

DATASET = typer.Option(help=sources.HELP)
JSON = typer.Option("--json", help="Print JSON objects, one a line, and nothing else.")


def say(as_json: bool, record: dict[str, Any], text: str) -> None:
    """One line of output, for a program or for a person."""
    with _to_stdout():
        print(json.dumps(_plain(record), allow_nan=False) if as_json else text, flush=True)


def show(table: Table) -> None:
    """A table on the standard output."""
    with _to_stdout():
        Console(highlight=False).print(table)


class OutputError(UserError):
    """The standard output takes no more."""


@contextmanager
def _to_stdout() -> Iterator[None]:
    """An `OutputError` where it takes no more: its reader has gone, or its disk is full.

    What stands in its buffer is given up then, for Python would try once more at its end.
    """
    try:
        yield
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"The output could not be written ({error.strerror}).") from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def progress_bar(*columns: ProgressColumn) -> Progress:
    """On stderr, and only where a person is looking."""
    return Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)


@contextmanager
def preparation() -> Iterator[datasets.Progress]:
    """A progress bar on stderr for the preparation of a dataset."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with progress_bar(*columns) as bar:
        task = bar.add_task("", total=None, visible=False)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None, visible=True)

        yield show


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"
