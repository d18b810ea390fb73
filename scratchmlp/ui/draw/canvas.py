"""The sheet a visitor draws on: it keeps its strokes, whatever happens to the page around it.

streamlit-drawable-canvas draws. It forgets the drawing when it leaves the screen, so the strokes
are kept here at each change and given back to it. It waits 0.2 s before it tells of a stroke, and
offers tools to edit with that a digit does not need; a small companion sees to both.
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
from scratchmlp.ink.preparation import Ink
from scratchmlp.ink.strokes import Stroke, Strokes

SIDE = 320  # pixels; a telephone 360 wide holds it
THINNEST, USUAL, THICKEST = 6, 20, 40  # pixels, of the pen
PAPERS = "Light", "Dark"

SHEET = "sheet"  # the key of what is drawn
CANVAS, BRUSH, PAPER = "drawn_canvas", "brush", "paper"  # keys of controls


@dataclass(frozen=True)
class Sheet:
    """What is drawn, and what was drawn before.

    `given` is what the canvas was last told to show, and `times` how often it was told something:
    it takes no notice of the same drawing twice. `pixels` are of exactly these strokes.
    """

    strokes: Strokes = field(default_factory=list)
    past: tuple[Strokes, ...] = ()
    given: Strokes = field(default_factory=list)
    times: int = 0
    pixels: Ink | None = None

    @property
    def ink(self) -> Ink:
        """float (side, side), 0 paper and 1 ink."""
        return pen.render(self.strokes, brush(), SIDE) if self.pixels is None else self.pixels


def sheet() -> Sheet:
    """What this visitor has drawn."""
    kept: Sheet = st.session_state.get(SHEET, Sheet())
    return kept


def brush() -> int:
    """Width of the pen, in pixels."""
    return int(st.session_state.get(BRUSH, USUAL))


def put(strokes: Strokes) -> None:
    """Draw these instead of what is there; `undo` brings that back."""
    now = sheet()
    if strokes != now.strokes:
        now = replace(now, strokes=strokes, past=(*now.past[-99:], now.strokes))
    _give(now)


def undo() -> None:
    """Go back by a stroke, or by a drawing that was cleared."""
    now = sheet()
    if now.past:
        _give(replace(now, strokes=now.past[-1], past=now.past[:-1]))


def clear() -> None:
    put([])


def _give(now: Sheet) -> None:
    """Have the canvas show what the sheet says."""
    st.session_state[SHEET] = replace(now, given=now.strokes, times=now.times + 1, pixels=None)


def show() -> Sheet:
    """The canvas and its tools; what is drawn on it now."""
    from streamlit_drawable_canvas import st_canvas  # it can be imported only in a running app

    if CANVAS not in st.session_state and sheet().strokes:
        _give(sheet())  # it comes back to the screen, and has forgotten
    now = sheet()
    with st.container(key="canvas", gap=None):
        st_canvas(
            stroke_width=brush(),
            stroke_color="#000000",
            background_color="",
            height=SIDE,
            width=SIDE,
            drawing_mode="freedraw",
            initial_drawing={"objects": _objects(now.given, brush()), "times": now.times},
            return_image_data=True,
            key=CANVAS,
            on_change=_drawn,
        )
        _companion(key="companion", data={"paper": st.session_state.get(PAPER) or _paper()})
    _tools(now)
    return now


def _paper() -> str:
    return "Dark" if st.context.theme.type == "dark" else "Light"


def _tools(now: Sheet) -> None:
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
            "Width of the pen",
            THINNEST,
            THICKEST,
            USUAL,
            format="%d px",
            key=BRUSH,
            on_change=lambda: _give(sheet()),
            persist_state="session",
        )
        st.segmented_control(
            "Paper", PAPERS, key=PAPER, default=_paper(), required=True, persist_state="session"
        )


def _drawn() -> None:
    """The canvas tells what is on it."""
    sent = st.session_state[CANVAS].get("drawing") or {}
    now = sheet()
    try:
        strokes = pen.check(_strokes(sent.get("raw")))
    except UserError as error:
        st.toast(str(error), icon=":material/error:")
        return
    if strokes != now.strokes:
        now = replace(now, strokes=strokes, past=(*now.past[-99:], now.strokes))
    st.session_state[SHEET] = replace(now, pixels=_pixels(sent.get("data")))


def _pixels(url: str | None) -> Ink | None:
    """What the canvas looks like: its pen is opaque and its paper transparent."""
    if not url:
        return None
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGBA").getchannel("A"), dtype=np.float32) / 255


def _strokes(raw: dict[str, Any] | None) -> Strokes:
    """The pen's points, of the canvas's paths: M start, Q point halfway …, L end."""
    objects = (raw or {}).get("objects", [])
    return [_points(o["path"]) for o in objects if isinstance(o.get("path"), list)]


def _points(path: list[list[Any]]) -> Stroke:
    return [(round(part[1], 2), round(part[2], 2)) for part in path if part[0] in ("Q", "L")]


def _objects(strokes: Strokes, width: int) -> list[dict[str, Any]]:
    """The same strokes as paths of the canvas."""
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
  import_network()
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
