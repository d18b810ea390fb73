"""A picture with a frame around each piece of ink: what is read, and what is left out.

A click on a piece takes it in or out, as Space and Enter do; a rectangle drawn with the mouse or a
finger shows only that part of the picture.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.charts.image_urls import webp_url
from scratchmlp.ink import photos
from scratchmlp.ink.photos import WHOLE, Area, Photo
from scratchmlp.ink.piece import Piece, reasons_in_words
from scratchmlp.ink.types import Ink
from scratchmlp.ui.session import PHOTO, PHOTO_CHOICES

SIDE = 320  # pixels of the width on the screen
MAX_FRAMES = 24
SMALL = 0.02  # of the picture's longer edge: a smaller piece that is left out has no frame
GREEN, GREY = np.array([0, 158, 115]), np.array([138, 148, 163])


@dataclass(frozen=True)
class Choice:
    """The part of the picture that a visitor looks at, and the pieces they took in or out."""

    area: Area = WHOLE
    changed: frozenset[int] = frozenset()


def show(data: bytes, source: str) -> Ink:
    """The picture with its pieces; returns the ink of those that are read.

    Raises
    ------
    UserError
        The file cannot be read.
    """
    choice = _choices().get(source, Choice())
    photo = _read(data, choice.area)
    taken = {p.label for p in photo.found.pieces if (not p.reason) != (p.label in choice.changed)}
    ink = photo.ink(taken)
    _component(
        key=f"{PHOTO}_{source}",
        data=_looks(photo, ink, taken),
        on_piece_change=lambda: _on_piece(source),
        on_area_change=lambda: _on_area(source),
    )
    st.caption(_words(photo, taken))
    if choice.area != WHOLE:
        st.button("Whole picture", key="whole", on_click=forget, args=[source])
    return ink


def forget(source: str) -> None:
    """Begin anew with a picture."""
    _choices().pop(source, None)


def _choices() -> dict[str, Choice]:
    choices: dict[str, Choice] = st.session_state.setdefault(PHOTO_CHOICES, {})
    return choices


@st.cache_data(show_spinner="Looking for the ink …", max_entries=8)
def _read(data: bytes, area: Area) -> Photo:
    return photos.read(data, area)


def _on_piece(source: str) -> None:
    label = st.session_state[f"{PHOTO}_{source}"].get("piece")
    if label is not None:
        choice = _choices().get(source, Choice())
        _choices()[source] = replace(choice, changed=choice.changed ^ {int(label)})


def _on_area(source: str) -> None:
    area = st.session_state[f"{PHOTO}_{source}"].get("area")
    if area is not None:
        _choices()[source] = Choice(_choices().get(source, Choice()).area.within(Area(*area)))


def _looks(photo: Photo, ink: Ink, taken: set[int]) -> dict[str, Any]:
    height, width = ink.shape
    edge = max(height, width)
    pieces = [p for p in photo.found.pieces if p.label in taken or p.size > SMALL * edge]
    frames = [_frame(piece, piece.label in taken) for piece in pieces[:MAX_FRAMES]]
    url = webp_url(_tinted(photo, ink))
    return {"picture": url, "width": width, "height": height, "frames": frames}


def _frame(piece: Piece, is_taken: bool) -> dict[str, Any]:
    box = {"x": piece.left, "y": piece.top, "width": piece.width, "height": piece.height}
    why = f": {piece.reason}" if piece.reason else ""
    words = "Read as ink. Click to leave it out." if is_taken else f"Left out{why}. Click to read."
    return {"label": piece.label, "taken": is_taken, "words": words, **box}


def _tinted(photo: Photo, ink: Ink) -> NDArray[np.uint8]:
    """The picture; what is read is green, what is left out is grey."""
    is_read = ink > 0.4
    left_out = (photo.found.labels > 0) & ~is_read
    picture = photo.colours.copy()
    for mask, colour in ((is_read, GREEN), (left_out, GREY)):
        picture[mask] = (0.25 * picture[mask] + 0.75 * colour).astype(np.uint8)
    return picture


def _words(photo: Photo, taken: set[int]) -> str:
    pieces = photo.found.pieces
    if not pieces:
        return (
            "There is no ink in this picture: a digit must stand out from its paper. "
            "A rectangle around the digit may help: drag one."
        )
    left_out = reasons_in_words([p for p in pieces if p.label not in taken])
    what = f"Green is read; left out: {left_out}." if left_out else "What is green is read."
    return f"{what} Click a piece to change that, or drag a rectangle around the digit."


_CSS = """
svg { display: block; width: 100%; border-radius: 8px; touch-action: none; cursor: crosshair;
  border: 1px solid var(--st-border-color); box-sizing: border-box; user-select: none; }
.piece { cursor: pointer; outline: none; }
.piece rect { fill: transparent; stroke: #6b7684; stroke-width: 2; stroke-dasharray: 5 4;
  vector-effect: non-scaling-stroke; }
.piece[aria-checked=true] rect { stroke: #007a59; stroke-width: 3; stroke-dasharray: none; }
.piece:hover rect { fill: #009e7326; }
.piece:focus-visible rect { stroke: #e69f00; stroke-width: 4; }
.area { fill: #e69f0033; stroke: #e69f00; stroke-width: 2; vector-effect: non-scaling-stroke; }
"""
_JS = """
const NS = 'http://www.w3.org/2000/svg'
const make = (parent, kind, attributes) => {
  const element = parent.appendChild(document.createElementNS(NS, kind))
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}
const frame = (svg, piece, least, choose) => {
  const { x, y, width, height } = piece
  const group = make(svg, 'g', { class: 'piece', role: 'checkbox', tabindex: 0,
    'aria-checked': piece.taken, 'aria-label': piece.words, 'data-label': piece.label })
  const dx = Math.max(0, least - width) / 2, dy = Math.max(0, least - height) / 2
  make(group, 'rect', { x: x - dx - 2, y: y - dy - 2,
    width: width + 2 * dx + 4, height: height + 2 * dy + 4 })
  make(group, 'title', {}).textContent = piece.words
  group.onclick = () => choose(piece.label)
  group.onkeydown = (event) => {
    if (![' ', 'Enter'].includes(event.key)) return
    event.preventDefault()
    choose(piece.label)
  }
}
export default function ({ data, parentElement, setTriggerValue }) {
  const svg = parentElement.querySelector('svg')
  const focused = svg.getRootNode().activeElement?.dataset.label
  svg.setAttribute('viewBox', `0 0 ${data.width} ${data.height}`)
  svg.replaceChildren()
  make(svg, 'image', { href: data.picture, width: data.width, height: data.height })
  let start, area, wasDragged = false
  const choose = (label) => { if (!wasDragged) setTriggerValue('piece', label) }
  const least = 24 * data.width / (svg.clientWidth || 320)
  const large = (piece) => piece.width * piece.height
  for (const piece of [...data.frames].sort((a, b) => large(b) - large(a)))
    frame(svg, piece, least, choose)
  if (focused) svg.querySelector(`[data-label="${focused}"]`)?.focus()
  const at = (event) => {
    const box = svg.getBoundingClientRect()
    const share = (value, size) => Math.min(1, Math.max(0, value / size))
    return [share(event.clientX - box.left, box.width), share(event.clientY - box.top, box.height)]
  }
  const between = ([x0, y0], [x1, y1]) =>
    [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)]
  svg.onpointerdown = (event) => { start = at(event); wasDragged = false }
  svg.onpointermove = (event) => {
    if (!start) return
    const [x, y, width, height] = between(start, at(event))
    if (Math.max(width, height) < 0.04 && !area) return
    if (!area) {
      area = make(svg, 'rect', { class: 'area' })
      svg.setPointerCapture(event.pointerId)
    }
    wasDragged = true
    const shown = { x: x * data.width, y: y * data.height,
      width: width * data.width, height: height * data.height }
    for (const [name, value] of Object.entries(shown)) area.setAttribute(name, value)
  }
  svg.onpointerup = (event) => {
    const chosen = start && between(start, at(event))
    area?.remove()
    area = start = undefined
    if (wasDragged && chosen[2] > 0.03 && chosen[3] > 0.03) setTriggerValue('area', chosen)
  }
  svg.onpointercancel = () => { area?.remove(); area = start = undefined }
}
"""
_HTML = '<svg role="group" aria-label="Pieces of ink in your picture"></svg>'
_component = st.components.v2.component("scratchmlp_photo", html=_HTML, css=_CSS, js=_JS)
