"""Evaluate: how good a run is, all its errors, and the reasons for each."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.ui import first_run, layout, run_picker, selection
from scratchmlp.ui.evaluate import comparison, gallery, sample, summary, views
from scratchmlp.ui.predictions import load_predictions


def page() -> None:
    st.title("Evaluate", anchor=False)
    selection.read_run()
    selection.read_sample()
    comparison.read_address()
    runs = run_picker.trained_runs()
    run = run_picker.choose_run(runs)
    if run is None:
        first_run.wait()
        return
    predictions = load_predictions(run, *run_picker.choose_split(run))
    run_picker.describe(run, predictions)
    summary.show(predictions)
    index = selection.sample()
    if index is not None and index not in predictions.table.index:
        last = len(predictions.table) - 1
        st.warning(f"There is no picture {index}: the last one is number {last:,}.")
        selection.open_sample(index := None)
    if index is not None:
        sample.show(run, predictions, index, gallery.filtered(predictions).index.tolist())
    else:
        views.show(run, predictions, runs)


layout.show(page)
