"""The canvas to draw on. It keeps its strokes, whatever happens to the page around it.

streamlit-drawable-canvas draws. It forgets the drawing when it leaves the screen, so the strokes
are kept here at each change and given back to it. It reports a stroke only after 0.2 s, and has
editing tools that nobody needs for a digit; a small component of ours changes both.
"""

import base64
import io
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from scratchmlp.errors import UserError
from scratchmlp.ink import strokes as pen
from scratchmlp.ink.strokes import Stroke, Strokes
from scratchmlp.ink.types import Ink
from scratchmlp.ui.session import CANVAS, DRAWING, PAPER, PEN_WIDTH

SIDE = 320  # pixels; it fits on a phone 360 pixels wide
MIN_WIDTH, DEFAULT_WIDTH, MAX_WIDTH = 6, 20, 40  # pixels, of the pen
PAPERS = "Light", "Dark"
MAX_UNDO = 100


@dataclass(frozen=True)
class CanvasDrawing:
    """What is drawn now, and what was drawn before.

    Attributes
    ----------
    given : what the canvas was last told to show.
    times : how often it was told something; it ignores the same drawing the second time.
    pixels : what the canvas reported, if it is of exactly these strokes.
    """

    strokes: Strokes = field(default_factory=list)
    past: tuple[Strokes, ...] = ()
    given: Strokes = field(default_factory=list)
    times: int = 0
    pixels: Ink | None = None

    @property
    def ink(self) -> Ink:
        """float (side, side), 0 paper and 1 ink."""
        if self.pixels is None:
            return pen.render(self.strokes, pen_width(), SIDE)
        return self.pixels

    def changed_to(self, strokes: Strokes) -> "CanvasDrawing":
        if strokes == self.strokes:
            return self
        return replace(self, strokes=strokes, past=(*self.past, self.strokes)[-MAX_UNDO:])


def drawing() -> CanvasDrawing:
    """What the visitor has drawn."""
    kept: CanvasDrawing = st.session_state.get(DRAWING, CanvasDrawing())
    return kept


def pen_width() -> int:
    """Width of the pen, in pixels."""
    return int(st.session_state.get(PEN_WIDTH, DEFAULT_WIDTH))


def put(strokes: Strokes) -> None:
    """Replace the drawing by these strokes; `undo` brings it back."""
    _give(drawing().changed_to(strokes))


def undo() -> None:
    """Take back the last stroke, or the last Clear."""
    now = drawing()
    if now.past:
        _give(replace(now, strokes=now.past[-1], past=now.past[:-1]))


def clear() -> None:
    put([])


def _give(now: CanvasDrawing) -> None:
    """Make the canvas show this drawing."""
    now = replace(now, given=now.strokes, times=now.times + 1, pixels=None)
    st.session_state[DRAWING] = now


def show() -> CanvasDrawing:
    """The canvas and its tools; returns what is drawn on it now."""
    from streamlit_drawable_canvas import st_canvas  # it can be imported only in a running app

    if CANVAS not in st.session_state and drawing().strokes:
        _give(drawing())  # it comes back to the screen, and has forgotten
    now = drawing()
    with st.container(key="canvas", gap=None):
        st_canvas(
            stroke_width=pen_width(),
            stroke_color="#000000",
            background_color="",
            height=SIDE,
            width=SIDE,
            drawing_mode="freedraw",
            initial_drawing={"objects": _objects(now.given, pen_width()), "times": now.times},
            return_image_data=True,
            key=CANVAS,
            on_change=_on_change,
        )
        if DRAWING not in st.session_state:
            _adopt()
        paper = st.session_state.get(PAPER) or _default_paper()
        _companion(key="companion", data={"paper": paper})
    _tools(now)
    return now


def _adopt() -> None:
    """Keep what the browser still shows after the server has started anew."""
    _on_change()
    if drawing().strokes:
        _give(drawing())
        st.rerun()


def _default_paper() -> str:
    return "Dark" if st.context.theme.type == "dark" else "Light"


def _tools(now: CanvasDrawing) -> None:
    row = st.container(horizontal=True, gap="xsmall")
    row.button("Clear", key="clear", on_click=clear, disabled=not now.strokes)
    row.button(
        "Undo",
        key="undo_stroke",
        on_click=undo,
        disabled=not now.past,
        shortcut="Mod+Z",
    )
    with row.popover("Pen", icon=":material/brush:", key="pen"):
        st.slider(
            "Pen width",
            MIN_WIDTH,
            MAX_WIDTH,
            DEFAULT_WIDTH,
            format="%d px",
            key=PEN_WIDTH,
            on_change=lambda: _give(drawing()),
            persist_state="session",
        )
        st.segmented_control(
            "Paper",
            PAPERS,
            key=PAPER,
            default=_default_paper(),
            required=True,
            persist_state="session",
        )


def _on_change() -> None:
    """Keep what the canvas reports."""
    report = (st.session_state.get(CANVAS) or {}).get("drawing") or {}
    try:
        strokes = pen.check(_strokes(report.get("raw")))
    except UserError as error:
        st.toast(str(error), icon=":material/error:")
        return
    now = drawing().changed_to(strokes)
    st.session_state[DRAWING] = replace(now, pixels=_pixels(report.get("data")))


def _pixels(url: str | None) -> Ink | None:
    """The ink on the canvas: its pen is opaque, and its paper transparent."""
    if not url:
        return None
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGBA").getchannel("A"), dtype=np.float32) / 255


def _strokes(raw: dict[str, Any] | None) -> Strokes:
    """The points of the pen, from the canvas's paths: M start, Q point halfway …, L end."""
    objects = (raw or {}).get("objects", [])
    return [_points(o["path"]) for o in objects if isinstance(o.get("path"), list)]


def _points(path: list[list[Any]]) -> Stroke:
    return [(round(part[1], 2), round(part[2], 2)) for part in path if part[0] in ("Q", "L")]


def _objects(strokes: Strokes, width: int) -> list[dict[str, Any]]:
    """Strokes as paths of the canvas."""
    look = {"type": "path", "fill": None, "stroke": "#000000", "strokeWidth": width}
    look |= {"strokeLineCap": "round", "strokeLineJoin": "round"}
    return [look | {"path": _path(stroke)} for stroke in strokes]


def _path(stroke: Stroke) -> list[list[Any]]:
    path: list[list[Any]] = [["M", *stroke[0]]]
    for (x, y), (x1, y1) in pairwise(stroke):
        path.append(["Q", x, y, (x + x1) / 2, (y + y1) / 2])
    return [*path, ["L", *stroke[-1]]]


_JS = """
const STYLE = `
  .dc-toolbar { display: none !important; }
  .dc-container { background: #fff; border-radius: 8px; overflow: hidden; }
  .dc-canvas { outline-color: #8a94a3 !important; border-radius: 8px; }
  :host(.dark-paper) .dc-container { filter: invert(0.92); }
`
const canvasIn = (place) =>
  [...place.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.dc-root'))

export default function ({ data, parentElement }) {
  const place = parentElement.closest?.('.st-key-canvas')
    ?? parentElement.getRootNode().host?.closest('.st-key-canvas')
  let host, timer, isDown = false
  const adopt = () => {
    host = place && canvasIn(place)
    if (!host) { timer = setTimeout(adopt, 30); return }
    if (!host.shadowRoot.querySelector('#paper')) {
      const style = document.createElement('style')
      style.id = 'paper'
      style.textContent = STYLE
      host.shadowRoot.append(style)
    }
    host.classList.toggle('dark-paper', data.paper === 'Dark')
    host.addEventListener('pointerdown', down)
  }
  const down = () => { isDown = true }
  const up = () => {
    if (isDown) setTimeout(() => host.shadowRoot.querySelector('.dc-toolbar button')?.click(), 0)
    isDown = false
  }
  adopt()
  window.addEventListener('mouseup', up)
  window.addEventListener('touchend', up)
  return () => {
    clearTimeout(timer)
    host?.removeEventListener('pointerdown', down)
    window.removeEventListener('mouseup', up)
    window.removeEventListener('touchend', up)
  }
}
"""
_companion = st.components.v2.component("scratchmlp_companion", js=_JS)
