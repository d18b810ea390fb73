"""Which run is evaluated, and on which pictures."""

import streamlit as st

from scratchmlp.data import datasets
from scratchmlp.data.sources import SOURCES
from scratchmlp.runs.network_import import UNKNOWN_DATASET
from scratchmlp.runs.store import Run
from scratchmlp.ui import session
from scratchmlp.ui.predictions import DATASET, RUN, SPLIT, SPLITS, Predictions

FOLLOW = 2.0  # seconds between two looks at a run that is still training


def candidates() -> dict[str, Run]:
    """Runs with a checkpoint, by id, the newest first."""
    return {run.id: run for run in session.store().runs() if run.best_epoch is not None}


def run(runs: dict[str, Run]) -> Run | None:
    """The run that was asked for, or the newest."""
    asked = st.session_state.get(RUN)
    if asked is not None and asked not in runs:
        st.warning(_why_not(asked), icon=":material/link_off:")
        del st.session_state[RUN]
    if not runs:
        return None
    chosen = st.selectbox(
        "Run",
        list(runs),
        format_func=lambda run_id: label(runs[run_id]),
        key=RUN,
        persist_state="session",
    )
    st.query_params["run"] = chosen
    return runs[chosen]


def _why_not(asked: str) -> str:
    known = {run.id: run for run in session.store().runs()}
    if asked not in known:
        return f"There is no run {asked[:40]}. Here is the newest one."
    status = known[asked].status
    return f"Run {asked} is {status} and has no checkpoint: nothing to evaluate. Here is another."


def label(run: Run) -> str:
    reached = "" if run.test_accuracy is None else f", {run.test_accuracy:.2%}"
    return f"{run.title} · {run.dataset} · {run.status}{reached} · {run.id[:6]}"


def pictures(run: Run) -> tuple[str, str]:
    """Dataset and split. Of a strange dataset there are only test pictures."""
    own = [run.dataset] if run.dataset != UNKNOWN_DATASET else []
    named = filter(datasets.is_prepared, SOURCES)
    there = list(dict.fromkeys([*own, *named, *session.known_datasets()]))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    dataset = there[0] if there else run.dataset
    if len(there) > 1:
        if st.session_state.get(DATASET) not in there:
            st.session_state[DATASET] = dataset
        dataset = row.selectbox("Pictures of", there, key=DATASET, width=220)
    if dataset != run.dataset:
        return dataset, "test"
    splits = [name for name in SPLITS if name != "valid" or run.config.valid_pct]
    first = "valid" if run.is_live and run.config.valid_pct else "test"
    split = row.segmented_control(
        "Which of them",
        splits,
        format_func=lambda name: SPLITS[name],
        key=SPLIT,
        default=first,
        required=True,
    )
    return dataset, str(split or first)


def say_what_is_seen(run: Run, seen: Predictions) -> None:
    """What a reader of the figures must know; it follows a run that still trains."""
    if seen.dataset != run.dataset:
        st.info(f"This run learned from {run.dataset}, and never saw {seen.dataset}.")
    if run.is_live:
        place = f"after epoch {seen.network.epoch} of {run.config.epochs}"
        st.info(f"This run is still training: these are its answers {place}.")
        st.fragment(_follow, run_every=FOLLOW)(run.id, seen.step)


def _follow(run_id: str, step: int) -> None:
    with session.errors_shown():
        if session.store().last_checkpoint(run_id)[0] != step:
            st.rerun()


def others(runs: dict[str, Run], run: Run, seen: Predictions) -> dict[str, str]:
    """Labels of the runs that can be compared with this one: trained on the same classes."""
    same = (r for r in runs.values() if r.id != run.id and r.dataset == run.dataset)
    return {r.id: label(r) for r in same}
