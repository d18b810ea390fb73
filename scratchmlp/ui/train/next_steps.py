"""What to do with a run that has ended: two buttons, each opens a page with its network."""

from contextlib import suppress

import streamlit as st

from scratchmlp.data import datasets
from scratchmlp.errors import UserError
from scratchmlp.runs.store import Run
from scratchmlp.ui import selection


def show(run: Run) -> None:
    """Nothing of a run without a network."""
    if run.best_epoch is None:
        return
    label = errors_label(_errors(run.dataset, run.test_accuracy))
    if st.button(label, key="see_errors", icon=":material/search:", width="stretch"):
        _go_to("evaluate", run)
    if st.button("Draw a digit for it", key="draw_for_it", icon=":material/draw:", width="stretch"):
        _go_to("draw", run)


def errors_label(errors: int | None) -> str:
    """`errors` : how many test pictures it gets wrong; None if that is not known."""
    if errors is None:
        return "See its errors"
    if not errors:
        return "See its predictions"
    return f"See its {errors:,} errors" if errors > 1 else "See its error"


@st.cache_data(show_spinner=False, max_entries=100)
def _errors(dataset: str, test_accuracy: float | None) -> int | None:
    with suppress(UserError):
        if test_accuracy is not None and datasets.is_prepared(dataset):
            return round((1 - test_accuracy) * len(datasets.load(dataset).test))
    return None


def _go_to(page: str, run: Run) -> None:
    selection.select_run(run.id)
    st.switch_page(f"pages/{page}.py", query_params={"run": run.id})
