"""The confusion matrix: click a square, or choose by the two lists, to see those pictures."""

import pandas as pd
import streamlit as st

from scratchmlp.insight import charts, evaluation
from scratchmlp.ui import assessment
from scratchmlp.ui.assessment import ANSWER, ANY, CLEARED, TRUTH, Assessment


def show(seen: Assessment) -> None:
    classes = seen.network.classes
    cells = evaluation.confused(seen.table, classes)
    row = st.container(horizontal=True, vertical_alignment="center")
    rates = row.toggle("Rates", key="rates", help="Shares of each truth in place of counts.")
    diagonal = row.toggle("Right ones too", key="diagonal", help="Show the diagonal as well.")
    shown = cells if diagonal else cells[cells["truth"] != cells["answer"]]
    with st.container(key="confusion"):
        key = f"confusion_{st.session_state.get(CLEARED, 0)}"
        st.altair_chart(
            charts.confusion_chart(shown, classes, rates),
            key=key,
            on_select=lambda: _clicked(key),
            selection_mode="cell",
            alt="Confusion matrix; the two lists below choose the same squares by keyboard.",
        )
    left, right = st.columns(2)
    options = [ANY, *classes]
    left.selectbox("Truth", options, key=TRUTH)
    right.selectbox("Answer", options, key=ANSWER)


def _clicked(key: str) -> None:
    picked = st.session_state[key]["selection"]["cell"]
    if picked:
        st.session_state[TRUTH] = picked[0]["truth"]
        st.session_state[ANSWER] = picked[0]["answer"]


def chip(classes: tuple[str, ...]) -> None:
    """What the gallery is filtered by; pressing it removes the filter."""
    truth, answer = assessment.filters(classes)
    if truth is None and answer is None:
        return
    parts = [f"true {classes[truth]}"] if truth is not None else []
    parts += [f"answered {classes[answer]}"] if answer is not None else []
    st.button(
        ", ".join(parts),
        key="chip",
        icon=":material/close:",
        on_click=assessment.filter_by,
        help="Remove this filter.",
    )


def pairs(table: pd.DataFrame, classes: tuple[str, ...]) -> None:
    """The most confused pairs, and precision, recall and F1 of each class."""
    cells = evaluation.confused(table, classes)
    most = cells[(cells["truth"] != cells["answer"]) & (cells["count"] > 0)]
    most = most.sort_values("count", ascending=False).head(20)
    percent = st.column_config.NumberColumn(format="percent")
    with st.expander("Most confused pairs"):
        st.dataframe(most, hide_index=True, column_config={"rate": percent})
    with st.expander("Precision, recall and F1 of each class"):
        config = dict.fromkeys(("precision", "recall", "F1"), percent)
        st.dataframe(evaluation.per_class(table, classes), hide_index=True, column_config=config)
