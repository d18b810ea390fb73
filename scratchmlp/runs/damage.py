"""Damaged rows of the database: they are left out, and the pages say so.

SQLite stores a value of any type in any column, so a file that was damaged or edited may hold a
time that is text, or a configuration that is not JSON. One such row must not hide the others.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from scratchmlp.errors import UserError

log = logging.getLogger(__name__)
Record = TypeVar("Record")

_TYPES: dict[type, tuple[type, ...]] = {float: (float, int), int: (int,), str: (str,)}
_left_out: "WeakKeyDictionary[sa.Engine, dict[str, set[Any]]]" = WeakKeyDictionary()


def read_json(text: str) -> Any:
    """The value of a JSON text; None if it is damaged."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None


def sound(
    connection: sa.Connection,
    table: sa.Table,
    rows: Iterable[sa.Row],
    make: Callable[[sa.Row], Record],
) -> list[Record]:
    """The records that `make` makes of the rows of a table; damaged rows are left out.

    A row is damaged if a value has not the type of its column, or if `make` raises a `UserError`,
    a `ValueError` or a `TypeError`.
    """
    records = []
    for row in rows:
        try:
            _check_types(table, row)
            records.append(make(row))
        except (UserError, ValueError, TypeError) as error:
            _note(connection, table, tuple(row)[:2], error)
    return records


def _check_types(table: sa.Table, row: sa.Row) -> None:
    for name, value in row._mapping.items():
        column = table.c[name]
        expected = _TYPES.get(column.type.python_type, (object,))
        if not (isinstance(value, expected) or (value is None and column.nullable)):
            raise ValueError(f"{name} is {type(value).__name__}")


def numbers(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Sequence[Any]], columns: int
) -> NDArray[np.float64]:
    """Rows of numbers as an array (n, columns); None becomes NaN, and damaged rows are left out."""
    try:
        return np.array(rows, dtype=float).reshape(-1, columns)
    except (ValueError, TypeError) as error:
        good = [row for row in rows if all(isinstance(v, (int, float, type(None))) for v in row)]
        for row in rows:
            if row not in good:
                _note(connection, table, tuple(row), error)
        return np.array(good, dtype=float).reshape(-1, columns)


def _note(connection: sa.Connection, table: sa.Table, key: tuple, error: Exception) -> None:
    keys = _left_out.setdefault(connection.engine, {}).setdefault(table.name, set())
    if repr(key) not in keys:
        keys.add(repr(key))
        log.warning("A row of the table %s is damaged: %s (%s)", table.name, key, error)


def left_out(engine: sa.Engine) -> Counter[str]:
    """How many damaged rows of each table have been left out so far."""
    return Counter({table: len(keys) for table, keys in _left_out.get(engine, {}).items()})
