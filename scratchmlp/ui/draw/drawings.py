"""The drawings of a visitor: look at, relabel, delete, restore, export and import them."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from scratchmlp.charts import image_urls
from scratchmlp.ink import archive, strokes
from scratchmlp.ink.archive import ArchivedDrawing
from scratchmlp.net.network import Network
from scratchmlp.runs.drawings import Drawing
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, session, thumbnails
from scratchmlp.ui.draw import canvas
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import DELETED_DRAWINGS, DRAWINGS_ZIP
from scratchmlp.ui.thumbnails import Item

PAGE_SIZE = 60


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """Thumbnails of all drawings, the newest first; a press opens one."""
    drawings = resources.store().drawings.all()
    _tools(drawings)
    _undo_deletion()
    if not drawings:
        st.caption("There are no drawings yet. Draw a digit, then press what it was.")
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
        "It was a", names, default=drawing.label, format_func=escape, required=True
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
    st.session_state[DELETED_DRAWINGS] = resources.store().drawings.delete(ids)


def _undo_deletion() -> None:
    deleted = st.session_state.get(DELETED_DRAWINGS)
    if not deleted:
        return
    n = len(deleted)
    row = st.container(horizontal=True, vertical_alignment="center", key="undelete_row")
    row.markdown("1 drawing is deleted." if n == 1 else f"{n} drawings are deleted.")
    row.button("Bring back", key="undelete", icon=":material/undo:", on_click=_restore)


def _restore() -> None:
    with session.errors_shown():
        resources.store().drawings.restore(st.session_state.pop(DELETED_DRAWINGS))


def _tools(drawings: list[Drawing]) -> None:
    row = st.container(horizontal=True)
    row.download_button(
        "Export",
        lambda: _zip(drawings),
        "drawings.zip",
        key="export_drawings",
        icon=":material/download:",
        disabled=not drawings,
        help="A ZIP of PNGs in the layout of a dataset, and the strokes as JSON.",
    )
    with row.popover("Import", icon=":material/upload:"):
        st.file_uploader(
            "A ZIP that this page exported",
            type=["zip"],
            key=DRAWINGS_ZIP,
            max_upload_size=archive.MAX_ZIP_BYTES // 1_000_000,
            on_change=_import,
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


def _import() -> None:
    file = st.session_state[DRAWINGS_ZIP]
    if file is None:
        return
    with session.errors_shown():
        drawings = resources.store().drawings
        known = {(d.label, d.image.tobytes()) for d in drawings.all()}
        sent = archive.unpack(file.getvalue())
        new = [d for d in sent if (d.label, d.image.tobytes()) not in known]
        drawings.add_all(new)
        st.toast(f"{len(new)} drawings imported; {len(sent) - len(new)} were here already.")
