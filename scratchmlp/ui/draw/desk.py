"""The canvas with all that follows a drawing. Nothing else of the page is run again for one."""

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import first_run, resources, session
from scratchmlp.ui.draw import ink_input, prediction, teaching, views

CHECK_SECONDS = 1.0  # between two looks at a run that is still training


def show(run: Run | None) -> None:
    is_live = run is None or run.is_live
    every = CHECK_SECONDS if is_live else None
    st.fragment(_desk, run_every=every)(run.id if run else None, is_live)


def _desk(run_id: str | None, was_live: bool) -> None:
    with session.errors_shown():
        if was_live and first_run.is_over(run_id):
            st.rerun()
        row = st.container(horizontal=True, gap="medium")
        with row.container(width=ink_input.WIDTH):
            drawn = ink_input.show()
        with row.container(width="stretch"):
            if run_id is None:
                first_run.show("You can draw already.")
                return
            run, network = resources.store().run(run_id), resources.last_network(run_id)
            predicted = prediction.predict(network, drawn.ink)
            prediction.show(
                network, predicted, run, lambda label: teaching.keep(label, drawn, predicted)
            )
            teaching.show(run, network, drawn, predicted)
        views.show(run, network, drawn, predicted)
