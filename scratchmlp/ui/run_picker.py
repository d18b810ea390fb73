"""The controls of Evaluate and Draw that choose a run, a dataset and a split."""

from typing import Any

import streamlit as st

from scratchmlp.data import datasets
from scratchmlp.data.sources import SOURCES
from scratchmlp.runs.network_import import UNKNOWN_DATASET
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, selection, session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import SPLITS, Predictions

CHECK_SECONDS = 2.0  # between two looks at a run that is still training
RUN_CONTROL = "evaluated_run"


def trained_runs() -> dict[str, Run]:
    """Runs that have a checkpoint, by id, the newest first."""
    return {run.id: run for run in resources.store().runs() if run.best_epoch is not None}


def choose_run(runs: dict[str, Run]) -> Run | None:
    """A control that shows the selected run and selects another; returns the run to show."""
    run = selection.resolve_trained_run(runs)
    if run is None:
        return None
    ids = list(runs)
    st.container(key=RUN_CONTROL).selectbox(
        "Run",
        ids,
        ids.index(run.id),
        format_func=lambda run_id: label(runs[run_id]),
        **session.synced_widget(RUN_CONTROL, run.id, selection.select_run),
    )
    return run


def label(run: Run) -> str:
    accuracy = "" if run.test_accuracy is None else f", {run.test_accuracy:.2%}"
    return f"{run.title} · {run.dataset} · {run.status}{accuracy} · {run.id[:6]}"


def choose_split(run: Run) -> tuple[str, str]:
    """Controls for the dataset and the split. Another dataset than the run's has only its test."""
    own = [run.dataset] if run.dataset != UNKNOWN_DATASET else []
    prepared = filter(datasets.is_prepared, SOURCES)
    options = list(dict.fromkeys([*own, *prepared, *resources.known_datasets()]))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    dataset = options[0] if options else run.dataset
    if len(options) > 1:
        selection.keep_dataset(options)
        dataset = row.selectbox("Dataset", options, key=session.DATASET, width=220)
    return dataset, _split(row, run) if dataset == run.dataset else "test"


def _split(row: Any, run: Run) -> str:
    splits = [name for name in SPLITS if name != "valid" or run.config.valid_pct]
    first = "valid" if run.is_live and run.config.valid_pct else "test"
    split = row.segmented_control(
        "Split",
        splits,
        format_func=lambda name: SPLITS[name],
        key=session.SPLIT,
        default=first,
        required=True,
    )
    return str(split or first)


def describe(run: Run, predictions: Predictions) -> None:
    """What a reader of the figures must know. It follows a run that is still training."""
    if predictions.dataset != run.dataset:
        st.info(
            escape(f"This run learned from {run.dataset}, and never saw {predictions.dataset}.")
        )
    if run.is_live:
        epoch = f"after epoch {predictions.network.epoch} of {run.config.epochs}"
        st.info(f"This run is still training. These are its predictions {epoch}.")
        st.fragment(_follow, run_every=CHECK_SECONDS)(run.id, predictions.step)


def _follow(run_id: str, step: int) -> None:
    with session.errors_shown():
        if resources.store().last_checkpoint(run_id)[0] != step:
            st.rerun()


def comparable_runs(runs: dict[str, Run], run: Run) -> dict[str, Run]:
    """The runs that can be compared with this one: trained on the same dataset."""
    return {r.id: r for r in runs.values() if r.id != run.id and r.dataset == run.dataset}
