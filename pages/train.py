"""Train: choose a recipe, press Train, watch it learn, and see why."""

import streamlit as st

from scratchmlp.net.config import TrainConfig
from scratchmlp.ui import controls, frame, live, recipes, session, settings, sharing, views


def page() -> None:
    st.title("Train a digit classifier", anchor=False)
    data = session.preparation()
    if data.dataset is None:
        live.preparing()
        return
    if data.missing:
        with st.container(border=True):
            st.warning(f"{data.missing} Until then this page trains on digits.")
            st.button("Try again to fetch MNIST", on_click=data.start)

    session.begin()
    settings.begin(data.dataset)
    sharing.refusals()
    with st.sidebar:
        config = controls.show()
    recipes.cards()
    actions(config)
    recipes.changes()

    run = session.watched()
    if run:
        live.run_card(run)
        views.show(run)
    else:
        st.info("There is no run yet. Press Train, and its curves appear here.")


def actions(config: TrainConfig) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train", key="train", type="primary", icon=":material/play_arrow:"):
            session.submit(config)
        recipes.story()
        sharing.link(config)


frame.show(page)
