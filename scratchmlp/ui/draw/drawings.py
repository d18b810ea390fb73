"""All drawings that are kept: seen, relabelled, deleted, brought back, taken away, fetched."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from scratchmlp.charts import image_urls
from scratchmlp.ink import archive, strokes
from scratchmlp.ink.archive import ArchivedDrawing
from scratchmlp.runs.drawings import Drawing
from scratchmlp.ui import session, thumbnails
from scratchmlp.ui.draw import canvas, ink_input
from scratchmlp.ui.thumbnails import Item

PAGE = 60
DELETED = "deleted_drawings"  # ids, until the next deletion
ZIP = "zip_of_drawings"


def show(classes: tuple[str, ...]) -> None:
    """Thumbnails of them all, the newest first; pressing one opens it."""
    kept = session.store().drawings.all()
    _tools(kept)
    _undo()
    if not kept:
        st.caption("No drawing is kept yet. Draw one, then press what it was.")
        return
    pages = -(-len(kept) // PAGE)
    with st.container(key="drawings"):
        at = st.pagination(pages, key="drawings_page") if pages > 1 else 1
        shown = kept[(at - 1) * PAGE : at * PAGE]
        thumbnails.show(
            "drawings_thumbnails",
            np.stack([d.image for d in shown]),
            [_item(i, d) for i, d in enumerate(shown)],
            lambda i: _look(shown[i], classes),
        )


def _item(at: int, drawing: Drawing) -> Item:
    return {
        "index": at,
        "words": drawing.label,
        "small": "" if drawing.strokes else "picture",
        "label": f"Drawing {at + 1} of a {drawing.label}",
    }


@st.dialog("One of your drawings")
def _look(drawing: Drawing, classes: tuple[str, ...]) -> None:
    st.image(image_urls.enlarge(drawing.image, 8), alt=f"Your drawing of a {drawing.label}")
    names = list(dict.fromkeys([*classes, drawing.label]))
    label = st.segmented_control("It was a", names, default=drawing.label, required=True)
    row = st.container(horizontal=True)
    if label != drawing.label:
        _act(lambda: session.store().drawings.relabel(drawing.id, str(label)))
    if drawing.strokes and row.button("Back onto the canvas", icon=":material/edit:"):
        _act(lambda: _put(drawing))
    if row.button("Delete", icon=":material/delete:", key="delete_drawing"):
        _act(lambda: _delete([drawing.id]))


def _act(change: Callable[[], None]) -> None:
    """Change something, and close the dialog."""
    with session.errors_shown():
        change()
        st.rerun()


def _put(drawing: Drawing) -> None:
    st.session_state.pop(ink_input.SOURCE, None)
    canvas.put(strokes.check(drawing.strokes))


def _delete(ids: list[str] | None) -> None:
    st.session_state[DELETED] = session.store().drawings.delete(ids)


def _undo() -> None:
    gone = st.session_state.get(DELETED)
    if not gone:
        return
    row = st.container(horizontal=True, vertical_alignment="center", key="undelete_row")
    row.markdown(
        "1 drawing is deleted." if len(gone) == 1 else f"{len(gone)} drawings are deleted."
    )
    row.button("Bring back", key="undelete", icon=":material/undo:", on_click=_restore)


def _restore() -> None:
    with session.errors_shown():
        session.store().drawings.restore(st.session_state.pop(DELETED))


def _tools(kept: list[Drawing]) -> None:
    row = st.container(horizontal=True)
    row.download_button(
        "Export",
        lambda: _zip(kept),
        "drawings.zip",
        key="export_drawings",
        icon=":material/download:",
        disabled=not kept,
        help="A ZIP of PNGs in the layout of a dataset, and the strokes as JSON.",
    )
    with row.popover("Import", icon=":material/upload:"):
        st.file_uploader(
            "A ZIP that this page exported",
            type=["zip"],
            key=ZIP,
            max_upload_size=archive.MAX_ZIP_BYTES // 1_000_000,
            on_change=_import,
        )
    row.button(
        "Delete all",
        key="delete_all",
        icon=":material/delete_sweep:",
        on_click=_delete,
        args=[None],
        disabled=not kept,
    )


def _zip(kept: list[Drawing]) -> bytes:
    return archive.pack([ArchivedDrawing(d.label, d.image, d.strokes) for d in reversed(kept)])


def _import() -> None:
    file = st.session_state[ZIP]
    if file is None:
        return
    with session.errors_shown():
        drawings = session.store().drawings
        there = {(d.label, d.image.tobytes()) for d in drawings.all()}
        sent = archive.unpack(file.getvalue())
        new = [kept for kept in sent if (kept.label, kept.image.tobytes()) not in there]
        drawings.add_all(new)
        st.toast(f"{len(new)} drawings fetched; {len(sent) - len(new)} were here already.")
