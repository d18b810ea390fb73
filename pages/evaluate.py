"""Evaluate: how good a run is, all its errors, and the reasons for each."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.runs.store import Run
from scratchmlp.ui import first_run, first_steps, layout, run_picker, selection
from scratchmlp.ui.evaluate import (
    no_network,
    sample,
    scrolling,
    split_picker,
    state,
    summary,
    views,
)
from scratchmlp.ui.predictions import load_predictions


def page() -> None:
    state.read(followed=selection.read_run())
    scrolling.keep_place()
    st.title("Evaluate", anchor=False)
    runs = run_picker.trained_runs()
    run = run_picker.resolve_run(runs)
    if runs:
        run_picker.show_control(runs, run, state.select_run)
    run_id = selection.selected_run_id()
    if run is None and run_id:
        state.show_run(run_id)
        no_network.show(run_id, runs)
    elif run:
        first_run.wait(run)
        _evaluate(run, runs)


def _evaluate(run: Run, runs: dict[str, Run]) -> None:
    state.show_run(run.id)
    first_steps.note("errors")
    predictions = load_predictions(run, *split_picker.choose(run))
    split_picker.describe(run, predictions)
    summary.show(predictions)
    state.check(predictions)
    if state.now().sample is None:
        views.show(run, predictions, runs)
    else:
        sample.show(run, predictions, runs)


layout.show(page)
