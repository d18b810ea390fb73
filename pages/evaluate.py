"""Evaluate: how good a run is, and everything it gets wrong, down to one picture and why."""

from collections.abc import Callable
from functools import partial

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.analysis import evaluation
from scratchmlp.runs.store import Run
from scratchmlp.ui import first_run, layout, predictions, run_picker, session
from scratchmlp.ui.evaluate import (
    calibration,
    comparison,
    confusion_matrix,
    downloads,
    embedding_map,
    gallery,
    label_errors,
    sample,
)
from scratchmlp.ui.predictions import SAMPLE, Predictions


def page() -> None:
    st.title("Evaluate", anchor=False)
    predictions.begin()
    runs = run_picker.candidates()
    run = run_picker.run(runs)
    if run is None:
        first_run.wait()
        return
    seen = predictions.of(run, *run_picker.pictures(run))
    run_picker.say_what_is_seen(run, seen)
    numbers(seen)
    index = st.session_state[SAMPLE]
    if index is not None and index not in seen.table.index:
        st.warning(f"There is no picture {index}: the last is {len(seen.table) - 1:,}.")
        predictions.show_picture(index := None)
    if index is not None:
        sample.show(run, seen, index, gallery.chosen(seen).index.tolist())
    else:
        views(run, seen, runs)


def views(run: Run, seen: Predictions, runs: dict[str, Run]) -> None:
    names = ["Errors", "Map", "Confidence", "Two runs", "Suspects", "Take away"]
    errors, atlas_tab, sure, two, suspects, away = st.tabs(names, key="view", on_change="rerun")
    if errors.open:
        with errors:
            st.fragment(explore)(seen, "errors", confusion_matrix.show)
    if atlas_tab.open:
        with atlas_tab:
            st.fragment(explore)(seen, "map", partial(embedding_map.show, run))
    if sure.open:
        with sure:
            calibration.show(run, seen)
    if two.open:
        with two:
            comparison.show(seen, run_picker.others(runs, run, seen), runs)
    if suspects.open:
        with suspects:
            label_errors.show(run.dataset)
    if away.open:
        with away:
            downloads.show(run, seen, run.title)


def explore(seen: Predictions, place: str, chart: Callable[[Predictions], None]) -> None:
    """A chart to choose pictures by, and beside it those pictures, which are sent first."""
    if st.session_state[SAMPLE] is not None:  # one was just opened
        st.rerun()
    left, right = st.columns([1, 1.2], gap="large")
    with session.errors_shown():
        with right:
            confusion_matrix.chips(seen)
            gallery.show(seen, place)
        with left:
            chart(seen)


def numbers(seen: Predictions) -> None:
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
                st.table(evaluation.known_results(told.accuracy).set_index("what"))


WRONG_LABELS = "Fifteen test images are mislabelled by the judgement of five raters each."


layout.show(page)
