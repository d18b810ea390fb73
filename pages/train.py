"""Train: choose a recipe, press Train, watch it learn."""

import streamlit as st

from scratchmlp.ui import controls, frame, live, session, views


def page() -> None:
    st.title("Train a digit classifier", anchor=False)
    st.markdown("Every part is written by hand; PyTorch only goes back through the network.")

    data = session.preparation()
    if data.dataset is None:
        live.preparing()
        return
    if data.missing:
        with st.container(border=True):
            st.warning(f"{data.missing} Until then this page trains on digits.")
            st.button("Try again to fetch MNIST", on_click=data.start)

    session.begin()
    controls.begin(data.dataset, session.known_datasets())
    controls.refusals()
    with st.sidebar:
        config = controls.settings()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train", key="train", type="primary", icon=":material/play_arrow:"):
            session.submit(config)
        controls.copy_link(config)

    run = session.watched()
    if run:
        live.run_card(run)
        views.show(run)
    else:
        st.info("There is no run yet. Press Train, and its curves appear here.")


frame.show(page)
