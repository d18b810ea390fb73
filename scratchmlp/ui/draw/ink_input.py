"""Where a drawing comes from: the canvas, a picture, the camera."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.ink import photos
from scratchmlp.ink.preparation import Ink
from scratchmlp.ink.strokes import Strokes
from scratchmlp.ui.draw import canvas

WIDTH = canvas.SIDE + 2  # pixels; room for the frame

SOURCE = "source"
FILES = "picture_file", "camera_file"  # keys of the two that take pictures
TAKEN = "taken"  # the bytes of the picture last taken, by its key
SOURCES = {
    "Draw": ":material/edit:",
    "Picture": ":material/image:",
    "Camera": ":material/photo_camera:",
}
BLANK = np.zeros((canvas.SIDE, canvas.SIDE), dtype=np.float32)


@dataclass(frozen=True)
class Drawn:
    """Ink, float (h, w) from 0 paper to 1, and the strokes that left it; None of a picture."""

    ink: Ink
    strokes: Strokes | None


def show() -> Drawn:
    """A choice of the three, and what came from it."""
    chosen = st.segmented_control(
        "Drawn how?",
        list(SOURCES),
        format_func=lambda name: f"{SOURCES[name]} {name}",
        key=SOURCE,
        default="Draw",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    return {"Picture": _picture, "Camera": _camera}.get(str(chosen), _canvas)()


def _canvas() -> Drawn:
    sheet = canvas.show()
    return Drawn(sheet.ink, sheet.strokes)


def _picture() -> Drawn:
    st.file_uploader(
        "A picture of a digit or a number",
        type=["png", "jpg", "jpeg", "webp"],
        key=FILES[0],
        max_upload_size=photos.MAX_FILE_BYTES // 1_000_000,
        help="A scan, a screenshot, a photo of a page: dark on light or light on dark.",
        on_change=_took,
        args=[FILES[0]],
    )
    return _ink(FILES[0])


def _camera() -> Drawn:
    st.camera_input(
        "Hold a page with a digit into the camera", key=FILES[1], on_change=_took, args=[FILES[1]]
    )
    return _ink(FILES[1])


def _took(key: str) -> None:
    """Remember the picture: its control forgets it when it leaves the screen."""
    file = st.session_state[key]
    taken = st.session_state.setdefault(TAKEN, {})
    taken[key] = file.getvalue() if file else None


def _ink(key: str) -> Drawn:
    data = st.session_state.get(TAKEN, {}).get(key)
    if not data:
        return Drawn(BLANK, None)
    with st.container(key="taken"):
        ink = _found(data)
        st.button(
            "Take it away", key="forget", icon=":material/close:", on_click=_forget, args=[key]
        )
    return Drawn(ink, None)


def _found(data: bytes) -> Ink:
    """The ink in a picture, shown; a blank sheet where there is none or it cannot be read."""
    try:
        ink = _ink_of(data)
    except UserError as error:
        st.error(str(error))
        return BLANK
    if ink.any():
        st.image(1 - ink, caption="The ink found in your picture", width=canvas.SIDE)
    else:
        st.info("There is no ink in this picture: a digit stands out from its paper.")
    return ink


def _forget(key: str) -> None:
    st.session_state[TAKEN][key] = None


@st.cache_data(show_spinner="Looking for the ink …", max_entries=8)
def _ink_of(data: bytes) -> Ink:
    return photos.extract_ink(data)
