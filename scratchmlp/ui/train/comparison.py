"""A run compared with others: their curves in its charts, and the settings that differ."""

import pandas as pd
import streamlit as st

from scratchmlp.charts.training import MAX_OTHERS
from scratchmlp.errors import UserError
from scratchmlp.net.config import LABELS, differing, in_words
from scratchmlp.runs.store import Run
from scratchmlp.ui import links, resources, selection, session
from scratchmlp.ui.run_status import percent
from scratchmlp.ui.session import COMPARED_RUNS, GHOST_RUN
from scratchmlp.ui.train import run_controls

OTHERS = "others"
TITLE = "Compare"  # of this view


def read_address(is_followed: bool) -> None:
    """Open this view with the runs that the address names, once; draw the previous run if it says
    so.
    """
    if is_followed and (links.GHOST in st.query_params or selection.came_by_history()):
        st.session_state[GHOST_RUN] = st.query_params.get(links.GHOST) == "1"
    text = st.query_params.pop(links.COMPARE, "")
    if text:
        _choose(links.compared(text, MAX_OTHERS))
        st.session_state[session.TRAIN_VIEW] = TITLE


def switch_ghost() -> None:
    """A control: whether the previous run is drawn too. The address says so."""
    is_on = st.toggle("Previous run", key=GHOST_RUN, persist_state="session")
    if is_on and links.GHOST not in st.query_params:
        st.query_params[links.GHOST] = "1"
    elif not is_on and links.GHOST in st.query_params:
        del st.query_params[links.GHOST]


def compared_runs(run: Run) -> list[Run]:
    """The runs that are compared with this one."""
    found = []
    for run_id in st.session_state.get(COMPARED_RUNS, []):
        try:
            other = resources.store().run(run_id)
        except UserError:  # it was deleted meanwhile
            continue
        if other.id != run.id:
            found.append(other)
    return found


def previous_run(run: Run) -> Run | None:
    """The visitor's last run on the same dataset that was trained before this one."""
    run_id = _previous(run.id, run.dataset, run.created, resources.current_visitor().id)
    try:
        return resources.store().run(run_id) if run_id else None
    except UserError:  # it was deleted meanwhile
        return None


@st.cache_data(show_spinner=False, max_entries=100, ttl=60)
def _previous(run_id: str, dataset: str, created: float, visitor_id: str) -> str | None:
    older = (
        run.id
        for run in resources.store().runs()
        if run.created < created and run.dataset == dataset and run.total_steps
        if run.owner == visitor_id
    )
    return next(older, None)


def title(run: Run) -> str:
    """A title that no other run has."""
    return f"{run.title} · {run.id[:4]}"


def show(run: Run) -> None:
    runs = {r.id: r for r in resources.store().runs(200) if r.total_steps and r.id != run.id}
    chosen = [run_id for run_id in st.session_state.get(COMPARED_RUNS, []) if run_id in runs]
    st.container(key=OTHERS).multiselect(
        "Compare with",
        list(runs),
        chosen,
        format_func=lambda run_id: _option(runs[run_id]),
        max_selections=MAX_OTHERS,
        placeholder="Choose runs" if runs else "No other runs yet",
        **session.synced_widget(OTHERS, chosen, _choose),
    )
    shown = [run, *(runs[run_id] for run_id in chosen)]
    fields = differing(*(r.config for r in shown)) if chosen else list(LABELS)
    st.caption(_caption(len(chosen), len(fields)))
    st.dataframe(_table(shown, fields), key="differences")


def _choose(run_ids: list[str]) -> None:
    st.session_state[COMPARED_RUNS] = run_ids


def _caption(others: int, fields: int) -> str:
    if not others:
        return "These are all settings of this run. Choose other runs to see what differs."
    return "Only what differs:" if fields else "The settings are the same, the seed included."


def _option(run: Run) -> str:
    accuracy = "" if run.test_accuracy is None else f" · {percent(run.test_accuracy)}"
    return f"{title(run)} · {run.status}{accuracy}"


def _table(runs: list[Run], fields: list[str]) -> pd.DataFrame:
    """A column for each run, a row for each field and each result."""
    titles = ["this run", *map(title, runs[1:])]
    columns = {
        name: [*(in_words(field, getattr(run.config, field)) for field in fields), *_results(run)]
        for name, run in zip(titles, runs, strict=True)
    }
    return pd.DataFrame(columns, index=[*(LABELS[field] for field in fields), *RESULTS])


RESULTS = "Learning rate changes", "Status", "Test accuracy", "Training time"


def _results(run: Run) -> list[str]:
    changes = [
        f"{mark['words']} from step {mark['step']:,}"
        for mark in run_controls.learning_rate_marks(run)
    ]
    seconds = "–" if run.train_seconds is None else f"{run.train_seconds:.1f} s"
    return ["; ".join(changes) or "–", run.status, percent(run.test_accuracy), seconds]
