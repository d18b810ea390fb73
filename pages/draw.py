"""Draw: see what a network predicts for your drawing, and teach it your handwriting."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.ui import first_run, layout, run_picker, selection
from scratchmlp.ui.draw import desk, training_data


def page() -> None:
    st.title("Draw a digit", anchor=False)
    selection.read_run()
    # A canvas that moves to another place in the page is made anew, and is empty. So all that comes
    # and goes above it stands in one container.
    with st.container():
        run = run_picker.choose_run(run_picker.trained_runs())
        first_run.warn_without_mnist(run)
        training_data.describe(run)
    desk.show(run)


layout.show(page)
