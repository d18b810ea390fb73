"""Thumbnails to choose from: one picture of them all, sent once, and a button for each."""

import base64
import io
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from scratchmlp.insight import evaluation
from scratchmlp.insight.evaluation import KNOWN_MISLABELLED
from scratchmlp.ui import assessment
from scratchmlp.ui.assessment import Assessment

ORDER, LEAST, RIGHT_TOO = "gallery_order", "gallery_least", "gallery_right_too"
MISLABELLED, PAGE_SIZE = "gallery_mislabelled", "gallery_size"
PAGE_SIZES = 24, 60, 120, 240

_CSS = """
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)); gap: 8px; }
button { font: inherit; font-size: 12px; line-height: 1.35; padding: 6px 4px; text-align: center;
  border: 1px solid var(--st-border-color); border-radius: 8px; cursor: pointer;
  color: var(--st-text-color); background: var(--st-secondary-background-color); }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.tile { display: block; width: 56px; height: 56px; margin: 0 auto 4px; border-radius: 3px;
  background-repeat: no-repeat; image-rendering: pixelated; }
small { display: block; opacity: .75; }
"""
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const grid = document.createElement('div')
  grid.className = 'grid'
  grid.setAttribute('role', 'group')
  grid.setAttribute('aria-label', 'Pictures')
  data.items.forEach((item, i) => {
    const button = document.createElement('button')
    button.setAttribute('aria-label', item.label)
    button.title = item.label
    const tile = document.createElement('span')
    tile.className = 'tile'
    tile.style.backgroundImage = `url(${data.sprite})`
    tile.style.backgroundSize = `${56 * data.items.length}px 56px`
    tile.style.backgroundPosition = `${-56 * i}px 0`
    const words = document.createElement('span')
    words.textContent = item.words
    const small = document.createElement('small')
    small.textContent = item.small
    button.append(tile, words, small)
    button.onclick = () => setTriggerValue('opened', item.index)
    grid.append(button)
  })
  const host = parentElement.querySelector('.host')
  host.replaceChildren(grid)
}
"""
_component = st.components.v2.component(
    "scratchmlp_gallery", html='<div class="host"></div>', css=_CSS, js=_JS
)


def chosen(seen: Assessment) -> pd.DataFrame:
    """The pictures that the filters leave, in the order that was asked for."""
    state, (truth, answer) = st.session_state, assessment.filters(seen.network.classes)
    return evaluation.chosen(
        seen.table,
        truth,
        answer,
        least=state.get(LEAST, 0) / 100,
        right_too=state.get(RIGHT_TOO, False),
        mislabelled=seen.is_mnist_test and state.get(MISLABELLED, False),
        order=state.get(ORDER, next(iter(evaluation.ORDERS))),
    )


def show(seen: Assessment) -> None:
    """The filters, and a page of thumbnails."""
    with st.popover("Sort and filter", icon=":material/tune:"):
        kept: Any = {"persist_state": "session"}
        st.selectbox("Order", list(evaluation.ORDERS), key=ORDER, **kept)
        st.slider("Sure of its answer by at least", 0, 100, format="%d%%", key=LEAST, **kept)
        st.checkbox("Those it got right, too", key=RIGHT_TOO, **kept)
        if seen.is_mnist_test:
            st.checkbox("Only those known to be mislabelled", key=MISLABELLED, **kept)
        size = st.selectbox("On a page", PAGE_SIZES, index=1, key=PAGE_SIZE, **kept)
        st.download_button(
            "All answers as CSV",
            lambda: evaluation.as_csv(seen.table, seen.network.classes),
            "answers.csv",
            key="download",
            icon=":material/download:",
        )
    rows = chosen(seen)
    st.caption(f"{len(rows):,} pictures. Each says truth → answer, and how likely it thought each.")
    if rows.empty:
        st.info("No picture is left by these filters.")
        return
    pages = -(-len(rows) // size)
    with st.container(key="gallery"):
        at = st.pagination(pages, key="gallery_page") if pages > 1 else 1
        shown = rows.iloc[(at - 1) * size : at * size]
        _thumbnails(shown, seen)


def _thumbnails(rows: pd.DataFrame, seen: Assessment) -> None:
    """A button for each row of the table; pressing one opens that picture."""

    def opened() -> None:
        index = st.session_state["thumbnails"].get("opened")
        if index is not None:
            assessment.show_picture(int(index))

    items = [_item(row, seen.network.classes, seen.is_mnist_test) for row in rows.itertuples()]
    images = seen.examples.images[rows.index.to_numpy()]
    _component(
        key="thumbnails", data={"items": items, "sprite": sprite(images)}, on_opened_change=opened
    )


def _item(row, classes: tuple[str, ...], marked: bool) -> dict[str, object]:  # type: ignore[no-untyped-def]
    truth, answer = classes[row.truth], classes[row.answer]
    label = (
        f"Picture {row.Index}: truth {truth} (probability {row.p_truth:.1%}), "
        f"answer {answer} (probability {row.p_answer:.1%})"
    )
    wrong_label = marked and row.Index in KNOWN_MISLABELLED
    return {
        "index": int(row.Index),
        "words": f"{truth} → {answer}" + (" ⚑" if wrong_label else ""),
        "small": f"{row.p_truth:.0%} → {row.p_answer:.0%}",
        "label": label + (". Its label is known to be wrong" if wrong_label else ""),
    }


def sprite(images: NDArray[np.uint8]) -> str:
    """All pictures side by side in one lossless WebP, as a data URL."""
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(list(images), axis=1)).save(buffer, "webp", lossless=True)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def enlarged(image: NDArray[np.uint8], times: int = 10) -> NDArray[np.uint8]:
    """The same pixels, sharp and large."""
    return image.repeat(times, axis=0).repeat(times, axis=1)


def signed(values: NDArray[np.floating], times: int = 6) -> NDArray[np.uint8]:
    """Numbers as colours, (h, w, 3): orange above 0, blue below, white at 0."""
    share = np.clip(values / max(float(np.abs(values).max()), 1e-12), -1, 1)[..., None]
    above, below = np.array([230, 159, 0]), np.array([0, 114, 178])
    colour = 255 + np.where(share > 0, share * (above - 255), -share * (below - 255))
    return colour.round().astype(np.uint8).repeat(times, axis=0).repeat(times, axis=1)
