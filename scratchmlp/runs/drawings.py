"""The drawings that a visitor has saved with their labels, to teach a network a handwriting.

A deleted drawing can be restored for 30 days.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from scratchmlp.data.types import MAX_CLASS_NAME, Examples, is_class_name
from scratchmlp.errors import UserError
from scratchmlp.ink.strokes import Strokes
from scratchmlp.ink.types import SIDE
from scratchmlp.runs import damage
from scratchmlp.runs.database import read_transaction, write_transaction
from scratchmlp.runs.quotas import UNLIMITED, Quotas
from scratchmlp.runs.tables import drawings, new_id

DRAWING_RETENTION = 30 * 24 * 3600.0  # seconds in which a deleted drawing can be restored
MAX_DRAWINGS = 5_000  # of one owner

NewDrawing = tuple[str, NDArray[np.uint8], Strokes | None]
"""A drawing to save: its label, its image uint8 (28, 28), and its strokes."""


@dataclass(frozen=True)
class Drawing:
    """A saved drawing: its image uint8 (28, 28), and its strokes, which a picture does not have."""

    id: str
    label: str
    image: NDArray[np.uint8]
    strokes: Strokes | None
    created: float


class Drawings:
    """The drawings of one owner in a runs database."""

    def __init__(self, engine: sa.Engine, quotas: Quotas = UNLIMITED) -> None:
        self._engine, self._quotas, self._owner = engine, quotas, quotas.visitor.id
        self._own = drawings.c.owner == self._owner
        self._not_deleted = sa.and_(self._own, drawings.c.deleted.is_(None))

    def add(self, label: str, image: NDArray[np.uint8], strokes: Strokes | None = None) -> str:
        """Save a drawing and return its id."""
        return self.add_all([(label, image, strokes)])[0]

    def add_all(self, new: Iterable[NewDrawing]) -> list[str]:
        """Save all of these drawings, or none if one is refused; return their ids.

        Raises
        ------
        UserError
            There would be too many drawings, or a label is empty or too long.
        """
        rows = self._rows(new)
        with write_transaction(self._engine) as connection:
            self._insert(connection, rows)
        return [row["id"] for row in rows]

    def add_missing(self, new: Iterable[NewDrawing]) -> list[str]:
        """Save those of these drawings whose image is not saved yet, as `add_all` does."""
        rows = self._rows(new)
        with write_transaction(self._engine) as connection:
            rows = _without_copies(rows, self._saved_images(connection))
            self._insert(connection, rows)
        return [row["id"] for row in rows]

    def all(self) -> list[Drawing]:
        """All drawings, the newest first."""
        query = (
            sa.select(drawings)
            .where(self._not_deleted)
            .order_by(drawings.c.created.desc(), drawings.c.id)
        )
        return self._read(query)

    def get(self, drawing_id: str) -> Drawing:
        found = self._read(
            sa.select(drawings).where(self._not_deleted, drawings.c.id == drawing_id)
        )
        if not found:
            raise UserError("This drawing does not exist any more.")
        return found[0]

    def find(self, image: NDArray[np.uint8]) -> Drawing | None:
        """The drawing with exactly this image."""
        query = sa.select(drawings).where(self._not_deleted, drawings.c.image == image.tobytes())
        return next(iter(self._read(query)), None)

    def _read(self, query: sa.Select) -> list[Drawing]:
        with read_transaction(self._engine) as connection:
            return damage.sound(connection, drawings, connection.execute(query), _drawing)

    def relabel(self, drawing_id: str, label: str) -> None:
        """Give a drawing another label."""
        query = sa.update(drawings).where(self._not_deleted, drawings.c.id == drawing_id)
        with write_transaction(self._engine) as connection:
            connection.execute(query.values(label=_label(label)))

    def delete(self, ids: Iterable[str] | None = None) -> list[str]:
        """Delete these drawings, or all of them; return the ids for `restore`."""
        wanted = (
            self._not_deleted
            if ids is None
            else sa.and_(self._not_deleted, drawings.c.id.in_([*ids]))
        )
        now = time.time()
        with write_transaction(self._engine) as connection:
            deleted = list(connection.execute(sa.select(drawings.c.id).where(wanted)).scalars())
            connection.execute(sa.update(drawings).where(wanted).values(deleted=now))
            expired = drawings.c.deleted < now - DRAWING_RETENTION
            connection.execute(sa.delete(drawings).where(expired))
        return deleted

    def restore(self, ids: Iterable[str]) -> None:
        """Undo `delete`. A drawing whose image was saved again in the meantime stays deleted."""
        wanted = self._own, drawings.c.id.in_([*ids]), drawings.c.deleted.is_not(None)
        query = sa.select(drawings.c.id, drawings.c.image).where(*wanted)
        with write_transaction(self._engine) as connection:
            found = [dict(row) for row in connection.execute(query).mappings()]
            missing = [row["id"] for row in _without_copies(found, self._saved_images(connection))]
            restored = sa.update(drawings).where(drawings.c.id.in_(missing))
            connection.execute(restored.values(deleted=None))
            self._quotas.check_drawings(connection, MAX_DRAWINGS)

    def _saved_images(self, connection: sa.Connection) -> set[bytes]:
        query = sa.select(drawings.c.image).where(self._not_deleted)
        return {bytes(image) for image in connection.execute(query).scalars()}

    def _insert(self, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        if rows:
            connection.execute(sa.insert(drawings), rows)
        self._quotas.check_drawings(connection, MAX_DRAWINGS)

    def _rows(self, new: Iterable[NewDrawing]) -> list[dict[str, Any]]:
        return [
            _row(position, *drawing) | {"owner": self._owner}
            for position, drawing in enumerate(new)
        ]

    def examples(self, classes: tuple[str, ...]) -> Examples:
        """The drawings of these classes, the oldest first; a label is an index into `classes`."""
        known = [drawing for drawing in reversed(self.all()) if drawing.label in classes]
        images = np.array([d.image for d in known], dtype=np.uint8).reshape(-1, SIDE, SIDE)
        labels = np.array([classes.index(d.label) for d in known], dtype=np.int64)
        return Examples(images, labels)


def _without_copies(rows: list[dict[str, Any]], images: set[bytes]) -> list[dict[str, Any]]:
    """The rows whose image is neither in `images` nor in an earlier row."""
    seen, kept = set(images), []
    for row in rows:
        image = bytes(row["image"])
        if image not in seen:
            seen.add(image)
            kept.append(row)
    return kept


def _row(
    position: int, label: str, image: NDArray[np.uint8], strokes: Strokes | None
) -> dict[str, Any]:
    assert image.shape == (SIDE, SIDE) and image.dtype == np.uint8
    return {
        "id": new_id(),
        "label": _label(label),
        "image": image.tobytes(),
        "strokes": sa.null() if strokes is None else strokes,
        "created": time.time() + position * 1e-6,  # keeps the order
    }


def _label(label: str) -> str:
    if not is_class_name(label):
        raise UserError(f"A drawing's label is text of 1 to {MAX_CLASS_NAME} letters.")
    return label


def _drawing(row: sa.Row) -> Drawing:
    image = np.frombuffer(bytes(row.image), dtype=np.uint8).reshape(SIDE, SIDE)
    if not isinstance(row.strokes, list | None):
        raise ValueError("strokes are no list")
    return Drawing(row.id, row.label, image, row.strokes, row.created)
