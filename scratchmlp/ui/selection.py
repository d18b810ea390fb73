"""What a visitor looks at: which run, which dataset and split, which filters, and which sample.

No other module holds any of this. The run and the sample are in the address too (`?run=`,
`?sample=`), so a link, a reload and Back lead to them. There is one selected run for all pages.
Where none is selected, a page shows the newest run by default, and that does not select it.
"""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.errors import UserError
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import (
    AREA,
    CHART_VERSION,
    DATASET,
    DEFAULT_RUN,
    PREDICTION,
    RUN,
    SAMPLE,
    SAMPLE_IN_ADDRESS,
    TRUTH,
)

ANY = "any"  # in a filter by class

SplitId = tuple[str, str, str]  # run, dataset, split

# --- the run --------------------------------------------------------------------------------------


def read_run() -> None:
    """Select the run that the address names: a link was followed, or Back was pressed."""
    named = st.query_params.get("run")
    if named and named != st.session_state.get(DEFAULT_RUN):
        st.session_state[RUN] = named


def select_run(run_id: str) -> None:
    """Show this run on all pages. The address names it, so a reload shows it again."""
    st.session_state[RUN] = run_id
    _name_in_address(run_id)


def selected_run_id() -> str | None:
    run_id: str | None = st.session_state.get(RUN)
    return run_id


def resolve_run() -> Run | None:
    """The selected run, or the newest with a sentence that says why.

    The address names the selected run. The newest run needs no name there: it is what the bare
    address of Train shows.
    """
    run_id = selected_run_id()
    st.session_state[DEFAULT_RUN] = None
    if run_id is None:
        return _newest()
    try:
        run = resources.store().run(run_id)
    except UserError as error:
        sentence = escape(f"{error} This page shows the newest run.")
        st.warning(sentence, icon=":material/link_off:")
        return _newest()
    _name_in_address(run.id)
    return run


def _newest() -> Run | None:
    return next(iter(resources.store().runs(1)), None)


def resolve_trained_run(runs: dict[str, Run]) -> Run | None:
    """The selected run if it is one of `runs`, or else the first of them; the address names it.

    `runs` are the runs that have a checkpoint, by id, the newest first.
    """
    run_id = selected_run_id()
    if run_id is not None and run_id not in runs:
        instead = " This page shows the newest run that has one." if runs else ""
        st.warning(escape(_why_not(run_id) + instead), icon=":material/link_off:")
    shown = next((i for i in (run_id, st.query_params.get("run"), *runs) if i in runs), None)
    if shown is None:
        return None
    _name_in_address(shown)
    return runs[shown]


def _why_not(run_id: str) -> str:
    try:
        status = resources.store().run(run_id).status
    except UserError as error:
        return str(error)
    return f"Run {run_id} is {status} and has no checkpoint."


def _name_in_address(run_id: str) -> None:
    st.session_state[DEFAULT_RUN] = None if run_id == selected_run_id() else run_id
    if st.query_params.get("run") != run_id:
        st.query_params["run"] = run_id


# --- the dataset and the split --------------------------------------------------------------------


def keep_dataset(datasets: list[str]) -> None:
    """Go back to the first of these datasets if the chosen one is not among them."""
    if st.session_state.get(DATASET) not in datasets:
        st.session_state[DATASET] = datasets[0]


# --- the filters ----------------------------------------------------------------------------------


def class_filters(classes: tuple[str, ...]) -> tuple[int | None, int | None]:
    """Labels of the truth and the prediction to show; None for any."""
    names = (st.session_state.get(key, ANY) for key in (TRUTH, PREDICTION))
    truth, prediction = (classes.index(name) if name in classes else None for name in names)
    return truth, prediction


def filter_classes(truth: str, prediction: str) -> None:
    st.session_state[TRUTH], st.session_state[PREDICTION] = truth, prediction


def clear_class_filters() -> None:
    filter_classes(ANY, ANY)
    _replace_charts()


def filter_area(split: SplitId, rows: NDArray[np.int64]) -> None:
    """Show only these samples of a split: those in an area of its embedding map."""
    st.session_state[AREA] = split, rows


def area_filter(split: SplitId) -> NDArray[np.int64] | None:
    """The samples of the split in the area that is marked; None for all."""
    marked, rows = st.session_state.get(AREA, (None, None))
    return rows if marked == split else None


def clear_area() -> None:
    st.session_state.pop(AREA, None)
    _replace_charts()


def chart_key(name: str) -> str:
    """The key of a chart that sets a filter: another one once the filter was removed."""
    return f"{name}_{st.session_state.get(CHART_VERSION, 0)}"


def _replace_charts() -> None:
    st.session_state[CHART_VERSION] = st.session_state.get(CHART_VERSION, 0) + 1


# --- the sample -----------------------------------------------------------------------------------


def read_sample() -> None:
    """Open the sample that the address names: a link was followed, or Back was pressed."""
    params = st.query_params
    text = params.get("sample", "")
    is_new = SAMPLE not in st.session_state
    if not is_new and "run" not in params:  # the visitor comes from another page
        open_sample(sample())
    elif is_new or text != st.session_state[SAMPLE_IN_ADDRESS]:
        st.session_state[SAMPLE_IN_ADDRESS] = text
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        st.session_state[SAMPLE] = int(text) if is_number else None
        if text and not is_number:
            st.warning(f"The link's sample {escape(text[:20])} is not a sample's number.")


def sample() -> int | None:
    """The number of the sample that is open; None if all are shown."""
    index: int | None = st.session_state.get(SAMPLE)
    return index


def open_sample(index: int | None) -> None:
    """Open one sample, or go back to all of them; the address says so."""
    text = "" if index is None else str(index)
    st.session_state[SAMPLE], st.session_state[SAMPLE_IN_ADDRESS] = index, text
    if index is not None:
        st.query_params["sample"] = text
    elif "sample" in st.query_params:
        del st.query_params["sample"]
