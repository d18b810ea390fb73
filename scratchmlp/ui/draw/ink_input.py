"""Where the ink comes from: the canvas, a picture, or the camera."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.file_kinds import PICTURE_NAMES
from scratchmlp.ink import photos
from scratchmlp.ink.strokes import Strokes
from scratchmlp.ink.types import Ink
from scratchmlp.ui.draw import canvas, photo
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import CAMERA_FILE, INK_SOURCE, PICTURE_FILE, TAKEN_PICTURES

WIDTH = canvas.SIDE + 2  # pixels; room for the frame
SOURCES = {
    "Draw": ":material/edit:",
    "Picture": ":material/image:",
    "Camera": ":material/photo_camera:",
}
BLANK = np.zeros((canvas.SIDE, canvas.SIDE), dtype=np.float32)


@dataclass(frozen=True)
class InkInput:
    """Ink, float (h, w) from 0 paper to 1, and the strokes that left it; None for a picture."""

    ink: Ink
    strokes: Strokes | None


def show() -> InkInput:
    """A choice of the three sources, and the ink of the chosen one."""
    chosen = st.segmented_control(
        "Source of the drawing",
        list(SOURCES),
        format_func=lambda name: f"{SOURCES[name]} {name}",
        key=INK_SOURCE,
        default="Draw",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    return {"Picture": _picture, "Camera": _camera}.get(str(chosen), _canvas)()


def _canvas() -> InkInput:
    drawing = canvas.show()
    return InkInput(drawing.ink, drawing.strokes)


def _picture() -> InkInput:
    st.file_uploader(
        "A picture of a digit or a number",
        key=PICTURE_FILE,
        max_upload_size=photos.MAX_FILE_BYTES // 1_000_000,
        help="A scan, a screenshot, a photo of a page: dark on light or light on dark. "
        f"{PICTURE_NAMES}.",
        on_change=_keep_picture,
        args=[PICTURE_FILE],
    )
    return _ink_input(PICTURE_FILE)


def _camera() -> InkInput:
    st.camera_input(
        "Hold a page with a digit in front of the camera",
        key=CAMERA_FILE,
        on_change=_keep_picture,
        args=[CAMERA_FILE],
    )
    return _ink_input(CAMERA_FILE)


def _keep_picture(key: str) -> None:
    """Keep the picture, because its widget forgets it when it leaves the screen."""
    file = st.session_state[key]
    pictures = st.session_state.setdefault(TAKEN_PICTURES, {})
    pictures[key] = file.getvalue() if file else None
    photo.forget(key)


def _ink_input(key: str) -> InkInput:
    data = st.session_state.get(TAKEN_PICTURES, {}).get(key)
    if not data:
        return InkInput(BLANK, None)
    with st.container(key="taken"):
        ink = _show_ink(data, key)
        st.button(
            "Remove picture", key="forget", icon=":material/close:", on_click=_forget, args=[key]
        )
    return InkInput(ink, None)


def _show_ink(data: bytes, key: str) -> Ink:
    """The ink in a picture, shown; a blank sheet if the file is not readable."""
    try:
        return photo.show(data, key)
    except UserError as error:
        st.error(escape(str(error)))
        return BLANK


def _forget(key: str) -> None:
    st.session_state[TAKEN_PICTURES][key] = None
    photo.forget(key)
