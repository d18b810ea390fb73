"""The samples that the filters leave: what is filtered, their order, and a page of thumbnails."""

from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.analysis.evaluation import KNOWN_MISLABELLED
from scratchmlp.figures import percent
from scratchmlp.ui import thumbnails
from scratchmlp.ui.evaluate import embedding_map, state
from scratchmlp.ui.evaluate.address import DEFAULT, ORDERS, PAGE_SIZES
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.thumbnails import Item


def filtered(predictions: Predictions) -> pd.DataFrame:
    """The rows that the filters leave, in the chosen order.

    A cell of the diagonal has only correct predictions, so choosing it shows them.
    """
    asked, (truth, prediction) = state.now(), state.classes(predictions)
    is_diagonal = truth is not None and truth == prediction
    least, most = asked.confidence
    return evaluation.select(
        predictions.table,
        truth,
        prediction,
        min_confidence=least / 100,
        max_confidence=most / 100,
        with_correct=asked.correct or is_diagonal,
        only_mislabelled=predictions.is_mnist_test and asked.mislabelled,
        indices=embedding_map.in_area(predictions),
        order=ORDERS[asked.order],
    )


def show(predictions: Predictions, name: str) -> None:
    """The filters, and a page of thumbnails. `name` tells one gallery of the page from another."""
    row = st.container(horizontal=True)
    _settings(row, predictions)
    _filters(row, predictions)
    rows = filtered(predictions)
    noun = "picture" if len(rows) == 1 else "pictures"
    st.caption(f"{len(rows):,} {noun}. Below each: truth → prediction, and their probabilities.")
    if rows.empty:
        st.info("No pictures match these filters.")
        return
    with st.container(key="gallery"):
        shown = rows.iloc[page_of(len(rows), "page", state.now().size)]
        items = [_item(row, predictions) for row in shown.itertuples()]
        images = predictions.examples.images[shown.index.to_numpy()]
        thumbnails.show(f"thumbnails_{name}", images, items, open_sample)


def page_of(n: int, name: str, size: int) -> slice:
    """A control of pages where there is more than one; which of `n` rows the chosen page has.

    `name` is the field of the state that has the page.
    """
    pages = max(1, -(-n // size))
    if getattr(state.now(), name) > pages:
        state.refuse(
            name, f"There is no page {getattr(state.now(), name)}: the last one is {pages}."
        )
    page = getattr(state.now(), name)
    if pages > 1:
        page = st.pagination(pages, default=page, **state.widget(name, value=page))
    return slice((page - 1) * size, page * size)


def open_sample(index: int) -> None:
    state.change(sample=index, opened_from="")


def _filters(row: Any, predictions: Predictions) -> None:
    """A button for each filter; a press removes it."""
    asked = state.now()
    names = {"true": asked.truth, "predicted": asked.prediction}
    cell = ", ".join(f"{word} {name}" for word, name in names.items() if name)
    least, most = asked.confidence
    for key, text, fields in (
        ("chip", cell, ("truth", "prediction")),
        ("area_chip", "area of the map" if asked.area else "", ("area",)),
        (
            "confidence_chip",
            f"confidence {least}% to {most}%" if (least, most) != (0, 100) else "",
            ("confidence",),
        ),
        (
            "mislabelled_chip",
            "known label errors" if asked.mislabelled and predictions.is_mnist_test else "",
            ("mislabelled",),
        ),
    ):
        if text:
            row.button(
                escape(text),
                key=key,
                icon=":material/close:",
                on_click=state.change,
                kwargs={name: getattr(DEFAULT, name) for name in fields},
                help="Remove this filter.",
            )


def _settings(row: Any, predictions: Predictions) -> None:
    """Controls to sort and filter."""
    asked = state.now()
    with row.popover("Sort and filter", icon=":material/tune:"):
        orders = list(ORDERS)
        st.selectbox(
            "Sort by",
            orders,
            orders.index(asked.order),
            format_func=ORDERS.__getitem__,
            **state.widget("order"),
        )
        st.slider(
            "Confidence", 0, 100, asked.confidence, format="%d%%", **state.widget("confidence")
        )
        st.checkbox("Include correct", asked.correct, **state.widget("correct", "correct_too"))
        if predictions.is_mnist_test:
            label = "Only known label errors"
            st.checkbox(label, asked.mislabelled, **state.widget("mislabelled"))
        sizes = list(PAGE_SIZES)
        label = "Pictures per page"
        st.selectbox(label, sizes, sizes.index(asked.size), **state.widget("size"))


def _item(row: Any, predictions: Predictions) -> Item:
    """The thumbnail of a row of the table."""
    truth, prediction = predictions.classes[row.truth], predictions.classes[row.prediction]
    label = (
        f"Picture {predictions.name(row.Index)}: "
        f"truth {truth} (probability {percent(row.p_truth, 1)}), "
        f"prediction {prediction} (probability {percent(row.p_prediction, 1)})"
    )
    is_mislabelled = predictions.is_mnist_test and row.Index in KNOWN_MISLABELLED
    return {
        "index": int(row.Index),
        "words": f"{truth} → {prediction}" + (" ⚑" if is_mislabelled else ""),
        "small": f"{percent(row.p_truth, 0)} → {percent(row.p_prediction, 0)}",
        "label": label + (". Its label is known to be wrong" if is_mislabelled else ""),
    }
