"""Thumbnails to choose from: one image with all of them, sent once, and a button for each."""

from collections.abc import Callable
from typing import NotRequired, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.charts.image_urls import strip_url

_CSS = """
.grid { display: grid; gap: 8px;
  grid-template-columns: repeat(auto-fill, minmax(var(--least), 1fr)); }
button { font: inherit; font-size: 12px; line-height: 1.35; padding: 6px 4px; text-align: center;
  border: 1px solid var(--st-border-color); border-radius: 8px; cursor: pointer;
  color: var(--st-text-color); background: var(--st-secondary-background-color); }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.tile { display: block; width: var(--tile); height: var(--tile); margin: 0 auto 4px;
  border-radius: 3px; background-repeat: no-repeat; image-rendering: pixelated; }
button[aria-pressed=true] { border-color: var(--st-primary-color); border-width: 2px; }
button.empty { border-style: dashed; }
.empty .tile { background: none !important; }
button:disabled { opacity: .7; cursor: default; }
small { display: block; opacity: .75; }
"""
# A button stays the same element when its picture changes, so no press is lost in a rerun.
_JS = """
const make = (grid) => {
  const button = grid.appendChild(document.createElement('button'))
  for (const kind of ['span', 'span', 'small']) button.append(document.createElement(kind))
  button.firstChild.className = 'tile'
  return button
}
const fill = (button, item, i, data, size) => {
  const [tile, words, small] = button.children
  button.setAttribute('aria-label', item.label)
  button.title = item.label
  button.disabled = !data.enabled
  button.classList.toggle('empty', !!item.empty)
  if ('pressed' in item) button.setAttribute('aria-pressed', item.pressed)
  tile.style.backgroundImage = `url(${data.sprite})`
  tile.style.backgroundSize = `${size * data.items.length}px ${size}px`
  tile.style.backgroundPosition = `${-size * i}px 0`
  words.textContent = item.words
  small.textContent = item.small
}
export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector('.grid')
  const size = data.tile
  grid.style.setProperty('--least', `${data.width}px`)
  grid.style.setProperty('--tile', `${size}px`)
  while (grid.children.length > data.items.length) grid.lastChild.remove()
  data.items.forEach((item, i) => {
    const button = grid.children[i] ?? make(grid)
    fill(button, item, i, data, size)
    button.onclick = () => setTriggerValue('opened', item.index)
  })
}
"""
_HTML = '<div class="grid" role="group" aria-label="Pictures"></div>'
_component = st.components.v2.component("scratchmlp_gallery", html=_HTML, css=_CSS, js=_JS)


class Item(TypedDict):
    """A thumbnail: `words` and `small` are the text below the picture, `label` is read aloud."""

    index: int
    words: str
    small: str
    label: str
    pressed: NotRequired[bool]
    empty: NotRequired[bool]  # there is no picture


def show(
    key: str,
    images: NDArray[np.uint8],
    items: list[Item],
    on_open: Callable[[int], None],
    width: int = 84,
    tile: int = 56,
    enabled: bool = True,
) -> None:
    """A button for each picture, (n, 28, 28); pressing one calls `on_open` with its index.

    `width` is the least width of a button, and `tile` the side of its picture, in pixels.
    """

    def on_change() -> None:
        index = st.session_state[key].get("opened")
        if index is not None:
            on_open(int(index))

    looks = {"width": width, "tile": tile, "enabled": enabled}
    data = {"items": items, "sprite": strip_url(images), **looks}
    _component(key=key, data=data, on_opened_change=on_change)
