"""Train: choose a recipe, press Train, watch the run learn, and see why."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.ui import first_steps, layout, resources, selection
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.train import (
    choices,
    comparison,
    preparing,
    run_card,
    settings,
    style,
    views,
)


def page() -> None:
    st.html(style.TOP)
    with st.container(horizontal=True, vertical_alignment="center", key="title"):
        st.title("Train a digit classifier", anchor=False, width="content")
        steps = st.container(width="content")
    data = resources.preparation()
    # Each part has a container of its own, so that none moves when another one comes or goes: a
    # part that refreshes by itself would otherwise write at its old place.
    with st.container():
        if data.missing:
            st.warning(f"{escape(data.missing)} Until then this page trains on digits.")
            st.button("Retry the MNIST download", on_click=data.start)

    with steps:
        first_steps.show()
    is_followed = selection.read_run()
    comparison.read_address(is_followed)
    settings.read_address(is_followed)
    top, notice = st.container(), st.container()
    with notice:
        run = selection.resolve_run() or preparing.stand_in()
    with top:
        choices.show(run)
    with st.container():
        preparing.show()
    with st.container():
        if run:
            run_card.show(run)
        else:
            run_card.show_frame(settings.current())
    with st.container():
        views.show(run)


layout.show(page)
