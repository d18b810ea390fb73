"""The drawings of a visitor: look at, relabel, delete, restore, export and import them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

from scratchmlp.analysis import prediction
from scratchmlp.charts import image_urls
from scratchmlp.ink import archive, strokes
from scratchmlp.ink.archive import ArchivedDrawing
from scratchmlp.net.network import Network
from scratchmlp.runs.drawings import Drawing
from scratchmlp.runs.store import Run
from scratchmlp.runs.teaching import count_drawings
from scratchmlp.ui import resources, session, thumbnails
from scratchmlp.ui.draw import canvas
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import DRAWING_CHANGES, DRAWINGS_ZIP, DRAWINGS_ZIPS
from scratchmlp.ui.thumbnails import Item

PAGE_SIZE = 60
MAX_UNDO = 20  # changes


@dataclass(frozen=True)
class Change:
    """Drawings that were deleted or imported together; `known` more were in the ZIP."""

    kind: Literal["deleted", "imported"]
    ids: list[str]
    known: int = 0

    @property
    def sentence(self) -> str:
        done = f"{count_drawings(len(self.ids))} {self.kind}"
        return f"{done}; {self.known:,} kept already." if self.known else f"{done}."


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """Thumbnails of all drawings, the newest first; a press opens one."""
    drawings = resources.store().drawings.all()
    _tools(drawings, network)
    _last_change()
    if not drawings:
        st.caption("No drawings yet. Draw a digit and press its class to keep it.")
        return
    pages = -(-len(drawings) // PAGE_SIZE)
    with st.container(key="drawings"):
        page = st.pagination(pages, key="drawings_page") if pages > 1 else 1
        shown = drawings[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        thumbnails.show(
            "drawings_thumbnails",
            np.stack([drawing.image for drawing in shown]),
            [_item(index, drawing) for index, drawing in enumerate(shown)],
            lambda index: _details(shown[index], network.classes),
        )


def _item(index: int, drawing: Drawing) -> Item:
    return {
        "index": index,
        "words": drawing.label,
        "small": "" if drawing.strokes else "picture",
        "label": f"Drawing {index + 1} of a {drawing.label}",
    }


@st.dialog("One of your drawings")
def _details(drawing: Drawing, classes: tuple[str, ...]) -> None:
    st.image(image_urls.enlarge(drawing.image, 8), alt=f"Your drawing of a {drawing.label}")
    names = list(dict.fromkeys([*classes, drawing.label]))
    label = st.segmented_control(
        "Class", names, default=drawing.label, format_func=escape, required=True
    )
    row = st.container(horizontal=True)
    if label != drawing.label:
        _change(lambda: resources.store().drawings.relabel(drawing.id, str(label)))
    if drawing.strokes and row.button("Put on the canvas", icon=":material/edit:"):
        _change(lambda: _put_on_canvas(drawing))
    if row.button("Delete", icon=":material/delete:", key="delete_drawing"):
        _change(lambda: _delete([drawing.id]))


def _change(change: Callable[[], None]) -> None:
    """Change something, and close the dialog."""
    with session.errors_shown():
        change()
        st.rerun()


def _put_on_canvas(drawing: Drawing) -> None:
    st.session_state.pop(session.INK_SOURCE, None)
    canvas.put(strokes.check(drawing.strokes))


def _delete(ids: list[str] | None) -> None:
    with session.errors_shown():
        deleted = resources.store().drawings.delete(ids)
        _remember(Change("deleted", deleted))


def _remember(change: Change) -> None:
    changes = st.session_state.get(DRAWING_CHANGES, ())
    st.session_state[DRAWING_CHANGES] = (*changes, change)[-MAX_UNDO:]


def _last_change() -> None:
    """What was imported or deleted last, with a button that undoes it."""
    changes: tuple[Change, ...] = st.session_state.get(DRAWING_CHANGES, ())
    if not changes:
        return
    last = changes[-1]
    row = st.container(horizontal=True, vertical_alignment="center", key="undelete_row")
    row.markdown(last.sentence, width="content")
    label = "Bring back" if last.kind == "deleted" else "Undo"
    if last.ids:
        row.button(label, key="undelete", icon=":material/undo:", on_click=_undo)


def _undo() -> None:
    """Undo the last change. What was changed before it can be undone next."""
    *changes, last = st.session_state[DRAWING_CHANGES]
    with session.errors_shown():
        drawings = resources.store().drawings
        if last.kind == "deleted":
            drawings.restore(last.ids)
        else:
            drawings.delete(last.ids)
        st.session_state[DRAWING_CHANGES] = tuple(changes)


def _tools(drawings: list[Drawing], network: Network) -> None:
    row = st.container(horizontal=True)
    row.download_button(
        "Export",
        lambda: _zip(drawings),
        "drawings.zip",
        key="export_drawings",
        on_click="ignore",
        icon=":material/download:",
        disabled=not drawings,
        help="A ZIP of PNGs in the layout of a dataset, and the strokes as JSON.",
    )
    with row.popover("Import", icon=":material/upload:", key="import"):
        st.file_uploader(
            "A ZIP that this page exported",
            type=["zip"],
            key=(key := f"{DRAWINGS_ZIP}_{st.session_state.get(DRAWINGS_ZIPS, 0)}"),
            max_upload_size=archive.MAX_ZIP_BYTES // 1_000_000,
            on_change=_import,
            args=[key, network],
        )
    row.button(
        "Delete all",
        key="delete_all",
        icon=":material/delete_sweep:",
        on_click=_delete,
        args=[None],
        disabled=not drawings,
    )


def _zip(drawings: list[Drawing]) -> bytes:
    return archive.pack([ArchivedDrawing(d.label, d.image, d.strokes) for d in reversed(drawings)])


def _import(key: str, network: Network) -> None:
    """Save the drawings of a ZIP that are not saved yet. A new uploader replaces the used one."""
    file = st.session_state[key]
    if file is None:
        return
    with session.errors_shown():
        sent = archive.unpack(file.getvalue(), partial(prediction.prepare, network))
        ids = resources.store().drawings.add_missing(sent)
        _remember(Change("imported", ids, len(sent) - len(ids)))
        st.session_state[DRAWINGS_ZIPS] = st.session_state.get(DRAWINGS_ZIPS, 0) + 1
