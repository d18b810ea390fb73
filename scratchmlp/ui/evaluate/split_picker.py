"""The controls that choose a dataset and a split, and what a reader of the figures must know."""

from typing import Any

import streamlit as st

from scratchmlp import glossary
from scratchmlp.data import datasets, sources
from scratchmlp.runs.network_import import UNKNOWN_DATASET
from scratchmlp.runs.store import Run
from scratchmlp.ui import live, resources, session
from scratchmlp.ui.evaluate import state
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import SPLITS, Predictions


def choose(run: Run) -> tuple[str, str]:
    """The dataset and the split to show. Another dataset than the run's has only its test split."""
    options = _datasets(run)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    if not options:
        return run.dataset, "test"
    asked = state.now().dataset
    if asked and asked not in options:
        state.refuse("dataset", "The link's dataset is not one of this laboratory's.")
    dataset = state.now().dataset or options[0]
    if len(options) > 1:
        dataset = row.selectbox(
            "Dataset",
            options,
            options.index(dataset),
            width=220,
            **session.synced_widget(
                "evaluate_dataset",
                dataset,
                lambda name: state.change(dataset="" if name == options[0] else name),
            ),
        )
    return dataset, _split(row, run) if dataset == run.dataset else "test"


def _datasets(run: Run) -> list[str]:
    """The run's own dataset first, and others on this machine that have a test split.

    A joined dataset of which a part is missing gives way to its parts that are here.
    """
    parts = sources.parts(run.dataset)
    is_here = len(parts) == 1 or datasets.is_prepared(run.dataset)
    own = [run.dataset] if is_here and run.dataset != UNKNOWN_DATASET else []
    others = [*parts, *sources.SOURCES, *resources.known_datasets()]
    here = [name for name in others if datasets.is_prepared(name)]
    here += [name for name in parts if sources.source_of(name).is_installed]
    with_test = (name for name in here if sources.source_of(name).has_test)
    return list(dict.fromkeys([*own, *with_test]))


def _split(row: Any, run: Run) -> str:
    splits = [name for name in SPLITS if name != "valid" or run.config.valid_pct]
    if not sources.source_of(sources.parts(run.dataset)[0]).has_test:
        splits.remove("test")
    asked = state.now().split
    if asked and asked not in splits:
        state.refuse("split", "This run has no such split.")
    split = state.now().split or ("valid" if run.is_live and "valid" in splits else splits[0])
    chosen = row.segmented_control(
        "Split",
        splits,
        format_func=lambda name: SPLITS[name],
        default=split,
        required=True,
        help=glossary.explain("test pictures", "validation pictures", "training pictures"),
        **state.widget("split", value=split),
    )
    return str(chosen or split)


def describe(run: Run, predictions: Predictions) -> None:
    """What a reader of the figures must know. It follows a run that is still training."""
    if run.status == "diverged":
        epoch = f"after epoch {predictions.network.epoch}"
        st.warning(f"This run diverged. You see its last network, {epoch}.")
    if predictions.dataset not in (run.dataset, *sources.parts(run.dataset)):
        st.info(
            escape(f"This run learned from {run.dataset}, and never saw {predictions.dataset}.")
        )
    if run.is_live:
        epoch = f"after epoch {predictions.network.epoch} of {run.config.epochs}"
        st.info(f"This run is still training. These are its predictions {epoch}.")
        st.fragment(_follow, run_every=2 * live.seconds())(run.id, predictions.step)


def _follow(run_id: str, step: int) -> None:
    with session.errors_shown():
        if resources.store().last_checkpoint(run_id)[0] != step:
            st.rerun()
