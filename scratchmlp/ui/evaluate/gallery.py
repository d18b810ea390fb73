"""The pictures that the filters leave: how they are sorted, and a page of thumbnails."""

from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.analysis.evaluation import KNOWN_MISLABELLED
from scratchmlp.ui import predictions, thumbnails
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.thumbnails import Item

ORDER, SURENESS, RIGHT_TOO = "gallery_order", "gallery_sureness", "gallery_right_too"
MISLABELLED, PAGE_SIZE = "gallery_mislabelled", "gallery_size"
PAGE_SIZES = 24, 60, 120, 240


def chosen(seen: Predictions) -> pd.DataFrame:
    """The pictures that the filters leave, in the order that was asked for."""
    state, (truth, answer) = st.session_state, predictions.filters(seen.network.classes)
    least, most = state.get(SURENESS, (0, 100))
    return evaluation.select(
        seen.table,
        truth,
        answer,
        min_confidence=least / 100,
        max_confidence=most / 100,
        with_correct=state.get(RIGHT_TOO, False),
        only_mislabelled=seen.is_mnist_test and state.get(MISLABELLED, False),
        indices=predictions.area_of(seen),
        order=state.get(ORDER, next(iter(evaluation.GALLERY_ORDERS))),
    )


def show(seen: Predictions, place: str) -> None:
    """The filters, and a page of thumbnails. `place` tells one gallery of the page from another."""
    size = _settings(seen)
    rows = chosen(seen)
    noun = "picture" if len(rows) == 1 else "pictures"
    st.caption(
        f"{len(rows):,} {noun}. Under each: truth → answer, and how likely it thought each of them."
    )
    if rows.empty:
        st.info("No picture is left by these filters.")
        return
    pages = -(-len(rows) // size)
    with st.container(key="gallery"):
        at = st.pagination(pages, key="gallery_page") if pages > 1 else 1
        shown = rows.iloc[(at - 1) * size : at * size]
        items = [item(row, seen) for row in shown.itertuples()]
        images = seen.examples.images[shown.index.to_numpy()]
        thumbnails.show(f"thumbnails_{place}", images, items, predictions.show_picture)


def _settings(seen: Predictions) -> int:
    """Sorting and filters; returns how many thumbnails stand on a page."""
    with st.popover("Sort and filter", icon=":material/tune:"):
        kept: Any = {"persist_state": "session"}
        st.selectbox("Order", list(evaluation.GALLERY_ORDERS), key=ORDER, **kept)
        st.slider("How sure it was", 0, 100, (0, 100), format="%d%%", key=SURENESS, **kept)
        st.checkbox("Those it got right, too", key=RIGHT_TOO, **kept)
        if seen.is_mnist_test:
            st.checkbox("Only those known to be mislabelled", key=MISLABELLED, **kept)
        return int(st.selectbox("On a page", PAGE_SIZES, index=1, key=PAGE_SIZE, **kept))


def item(row: Any, seen: Predictions) -> Item:
    """The thumbnail of a row of the table."""
    truth, answer = seen.network.classes[row.truth], seen.network.classes[row.prediction]
    label = (
        f"Picture {row.Index}: truth {truth} (probability {row.p_truth:.1%}), "
        f"answer {answer} (probability {row.p_prediction:.1%})"
    )
    wrong_label = seen.is_mnist_test and row.Index in KNOWN_MISLABELLED
    return {
        "index": int(row.Index),
        "words": f"{truth} → {answer}" + (" ⚑" if wrong_label else ""),
        "small": f"{row.p_truth:.0%} → {row.p_prediction:.0%}",
        "label": label + (". Its label is known to be wrong" if wrong_label else ""),
    }
