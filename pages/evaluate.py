"""Evaluate: how good a run is, and everything it gets wrong, down to one picture and why."""

from collections.abc import Callable
from functools import partial

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.insight import evaluation
from scratchmlp.runs.store import Run
from scratchmlp.ui import (
    assessment,
    atlas,
    choice,
    confidence,
    doubts,
    frame,
    gallery,
    matrix,
    picture,
    session,
    starter,
    takeaway,
    versus,
)
from scratchmlp.ui.assessment import SAMPLE, Assessment


def page() -> None:
    st.title("Evaluate", anchor=False)
    assessment.begin()
    runs = choice.candidates()
    run = choice.run(runs)
    if run is None:
        starter.wait()
        return
    seen = assessment.assess(run, *choice.pictures(run))
    choice.say_what_is_seen(run, seen)
    numbers(seen)
    index = st.session_state[SAMPLE]
    if index is not None and index not in seen.table.index:
        st.warning(f"There is no picture {index}: the last is {len(seen.table) - 1:,}.")
        assessment.show_picture(index := None)
    if index is not None:
        picture.show(run, seen, index, gallery.chosen(seen).index.tolist())
    else:
        views(run, seen, runs)


def views(run: Run, seen: Assessment, runs: dict[str, Run]) -> None:
    names = ["Errors", "Map", "Confidence", "Two runs", "Suspects", "Take away"]
    errors, atlas_tab, sure, two, suspects, away = st.tabs(names, key="view", on_change="rerun")
    if errors.open:
        with errors:
            st.fragment(explore)(seen, "errors", matrix.show)
    if atlas_tab.open:
        with atlas_tab:
            st.fragment(explore)(seen, "map", partial(atlas.show, run))
    if sure.open:
        with sure:
            confidence.show(run, seen)
    if two.open:
        with two:
            versus.show(seen, choice.others(runs, run, seen), runs)
    if suspects.open:
        with suspects:
            doubts.show(run.dataset)
    if away.open:
        with away:
            takeaway.show(run, seen, run.title)


def explore(seen: Assessment, place: str, chart: Callable[[Assessment], None]) -> None:
    """A chart to choose pictures by, and beside it those pictures, which are sent first."""
    if st.session_state[SAMPLE] is not None:  # one was just opened
        st.rerun()
    left, right = st.columns([1, 1.2], gap="large")
    with session.errors_shown():
        with right:
            matrix.chips(seen)
            gallery.show(seen, place)
        with left:
            chart(seen)


def numbers(seen: Assessment) -> None:
    told = evaluation.summary(seen.table)
    low, high = told.interval
    row = st.container(horizontal=True)
    row.metric("Accuracy", f"{told.accuracy:.2%}")
    row.metric("95% interval", f"{low:.2%} – {high:.2%}", help="Wilson's interval of a share.")
    row.metric("Errors", f"{told.errors:,} of {told.n:,}")
    row.metric("Mean loss", f"{told.loss:.4f} nats")
    if seen.is_mnist_test:
        clean = evaluation.summary(evaluation.without_mislabelled(seen.table))
        row.metric("Without 15 wrong labels", f"{clean.accuracy:.2%}", help=WRONG_LABELS)
        with st.expander("How good is that?", key="ladder", on_change="rerun") as ladder:
            if ladder.open:
                st.table(evaluation.ladder(told.accuracy).set_index("what"))


WRONG_LABELS = "Fifteen test images are mislabelled by the judgement of five raters each."


frame.show(page)
