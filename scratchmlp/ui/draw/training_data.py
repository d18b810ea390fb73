"""Whose handwriting a network knows: one sentence on what it was trained on."""

import streamlit as st

from scratchmlp.data import sources
from scratchmlp.runs.network_import import UNKNOWN_DATASET
from scratchmlp.runs.store import Run
from scratchmlp.ui.markdown import escape


def describe(run: Run) -> None:
    """What the run learned from, and what that means for a drawing."""
    if run.dataset != UNKNOWN_DATASET:
        st.caption(escape(sentence(run.dataset)))


def sentence(dataset: str) -> str:
    parts = sources.parts(dataset)
    if dataset == "mnist":
        return (
            "Trained on American handwriting of 1989–1990. It often misreads a curled 9, a "
            "crossed 7 or a 1 with a serif, as people in other countries write them."
        )
    *others, last = [f"of {sources.source_of(part).writers}" for part in parts]
    listed = ", ".join(others) + (" and " if others else "") + last
    return f"Trained on the handwriting {listed}."
