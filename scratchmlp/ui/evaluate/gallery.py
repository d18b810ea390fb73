"""The samples that the filters leave: their order, and a page of thumbnails."""

from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.analysis.evaluation import KNOWN_MISLABELLED
from scratchmlp.ui import selection, thumbnails
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.session import CONFIDENCE, INCLUDE_CORRECT, ONLY_MISLABELLED, ORDER
from scratchmlp.ui.thumbnails import Item

PAGE_SIZES = 24, 60, 120, 240


def filtered(predictions: Predictions) -> pd.DataFrame:
    """The rows that the filters leave, in the chosen order."""
    state, (truth, prediction) = st.session_state, selection.class_filters(predictions.classes)
    least, most = state.get(CONFIDENCE, (0, 100))
    return evaluation.select(
        predictions.table,
        truth,
        prediction,
        min_confidence=least / 100,
        max_confidence=most / 100,
        with_correct=state.get(INCLUDE_CORRECT, False),
        only_mislabelled=predictions.is_mnist_test and state.get(ONLY_MISLABELLED, False),
        indices=selection.area_filter(predictions.split_id),
        order=state.get(ORDER, next(iter(evaluation.GALLERY_ORDERS))),
    )


def show(predictions: Predictions, name: str) -> None:
    """The filters, and a page of thumbnails. `name` tells one gallery of the page from another."""
    size = _settings(predictions)
    rows = filtered(predictions)
    noun = "picture" if len(rows) == 1 else "pictures"
    st.caption(f"{len(rows):,} {noun}. Below each: truth → prediction, and their probabilities.")
    if rows.empty:
        st.info("No pictures match these filters.")
        return
    pages = -(-len(rows) // size)
    with st.container(key="gallery"):
        page = st.pagination(pages, key="gallery_page") if pages > 1 else 1
        shown = rows.iloc[(page - 1) * size : page * size]
        items = [_item(row, predictions) for row in shown.itertuples()]
        images = predictions.examples.images[shown.index.to_numpy()]
        thumbnails.show(f"thumbnails_{name}", images, items, selection.open_sample)


def _settings(predictions: Predictions) -> int:
    """Controls to sort and filter; returns the number of thumbnails on a page."""
    with st.popover("Sort and filter", icon=":material/tune:"):
        kept: Any = {"persist_state": "session"}
        st.selectbox("Sort by", list(evaluation.GALLERY_ORDERS), key=ORDER, **kept)
        st.slider("Confidence", 0, 100, (0, 100), format="%d%%", key=CONFIDENCE, **kept)
        st.checkbox("Include correct", key=INCLUDE_CORRECT, **kept)
        if predictions.is_mnist_test:
            st.checkbox("Only known label errors", key=ONLY_MISLABELLED, **kept)
        size = st.selectbox("Pictures per page", PAGE_SIZES, index=1, key="gallery_size", **kept)
        return int(size)


def _item(row: Any, predictions: Predictions) -> Item:
    """The thumbnail of a row of the table."""
    truth, prediction = predictions.classes[row.truth], predictions.classes[row.prediction]
    label = (
        f"Picture {row.Index}: truth {truth} (probability {row.p_truth:.1%}), "
        f"prediction {prediction} (probability {row.p_prediction:.1%})"
    )
    is_mislabelled = predictions.is_mnist_test and row.Index in KNOWN_MISLABELLED
    return {
        "index": int(row.Index),
        "words": f"{truth} → {prediction}" + (" ⚑" if is_mislabelled else ""),
        "small": f"{row.p_truth:.0%} → {row.p_prediction:.0%}",
        "label": label + (". Its label is known to be wrong" if is_mislabelled else ""),
    }
