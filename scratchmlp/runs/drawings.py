"""Drawings that somebody kept, each with what it was: a hand for a network to learn.

A drawing that is deleted waits to be brought back; it is forgotten `KEPT` seconds later.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.ink.preparation import SIDE
from scratchmlp.ink.strokes import Strokes
from scratchmlp.runs.database import drawings, new_id, reading, writing

OWNER = "local"
KEPT = 30 * 24 * 3600.0  # seconds that a deleted drawing can be brought back
MOST = 5_000  # drawings of one owner
LONGEST = 200  # letters of a label

New = tuple[str, NDArray[np.uint8], Strokes | None]
"""A drawing to keep: its label, uint8 (28, 28), and its strokes."""


@dataclass(frozen=True)
class Drawing:
    """A drawing: uint8 (28, 28) as the network sees it, and its strokes; None of a picture."""

    id: str
    label: str
    image: NDArray[np.uint8]
    strokes: Strokes | None
    created: float


class Drawings:
    """The drawings of a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, label: str, image: NDArray[np.uint8], strokes: Strokes | None = None) -> str:
        """Keep a drawing and return its id."""
        return self.add_all([(label, image, strokes)])[0]

    def add_all(self, new: Iterable[New]) -> list[str]:
        """Keep all of these or, if one is refused, none. Returns their ids.

        Raises
        ------
        UserError
            There would be too many, or one has no label.
        """
        rows = [_row(at, *each) for at, each in enumerate(new)]
        with writing(self._engine) as connection:
            count = sa.select(sa.func.count()).select_from(drawings).where(_THERE)
            if connection.execute(count).scalar_one() + len(rows) > MOST:
                raise UserError(f"At most {MOST:,} drawings are kept: delete some first.")
            if rows:
                connection.execute(sa.insert(drawings), rows)
        return [row["id"] for row in rows]

    def all(self) -> list[Drawing]:
        """All drawings, the newest first."""
        query = sa.select(drawings).where(_THERE).order_by(drawings.c.created.desc())
        with reading(self._engine) as connection:
            return [_drawing(row) for row in connection.execute(query)]

    def get(self, drawing_id: str) -> Drawing:
        query = sa.select(drawings).where(_THERE, drawings.c.id == drawing_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            raise UserError("This drawing is not there any more.")
        return _drawing(row)

    def relabel(self, drawing_id: str, label: str) -> None:
        """Say that it was something else."""
        query = sa.update(drawings).where(_THERE, drawings.c.id == drawing_id)
        with writing(self._engine) as connection:
            connection.execute(query.values(label=_label(label)))

    def delete(self, ids: Iterable[str] | None = None) -> list[str]:
        """Delete these drawings, or all; returns the ids that `restore` brings back."""
        wanted = _THERE if ids is None else sa.and_(_THERE, drawings.c.id.in_([*ids]))
        now = time.time()
        with writing(self._engine) as connection:
            gone = list(connection.execute(sa.select(drawings.c.id).where(wanted)).scalars())
            connection.execute(sa.update(drawings).where(wanted).values(deleted=now))
            connection.execute(sa.delete(drawings).where(drawings.c.deleted < now - KEPT))
        return gone

    def restore(self, ids: Iterable[str]) -> None:
        """Bring deleted drawings back."""
        query = sa.update(drawings).where(_OURS, drawings.c.id.in_([*ids]))
        with writing(self._engine) as connection:
            connection.execute(query.values(deleted=None))

    def examples(self, classes: tuple[str, ...]) -> Examples:
        """The drawings of these classes, labelled by their place there, the oldest first."""
        known = [drawing for drawing in reversed(self.all()) if drawing.label in classes]
        images = np.array([d.image for d in known], dtype=np.uint8).reshape(-1, SIDE, SIDE)
        labels = np.array([classes.index(d.label) for d in known], dtype=np.int64)
        return Examples(images, labels)


_OURS = drawings.c.owner == OWNER
_THERE = sa.and_(_OURS, drawings.c.deleted.is_(None))


def _row(at: int, label: str, image: NDArray[np.uint8], strokes: Strokes | None) -> dict[str, Any]:
    assert image.shape == (SIDE, SIDE) and image.dtype == np.uint8
    return {
        "id": new_id(),
        "owner": OWNER,
        "label": _label(label),
        "image": image.tobytes(),
        "strokes": sa.null() if strokes is None else strokes,
        "created": time.time() + at * 1e-6,  # those of one moment stay in order
    }


def _label(label: str) -> str:
    if not 0 < len(label) <= LONGEST:
        raise UserError(f"A drawing's label has 1 to {LONGEST} letters.")
    return label


def _drawing(row: sa.Row) -> Drawing:
    image = np.frombuffer(bytes(row.image), dtype=np.uint8).reshape(SIDE, SIDE)
    return Drawing(row.id, row.label, image, row.strokes, row.created)
