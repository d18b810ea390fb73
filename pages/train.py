"""Train: choose a recipe, press Train, watch it learn, and see why."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.net.config import TrainConfig
from scratchmlp.ui import layout, session
from scratchmlp.ui.train import controls, recipes, run_card, settings, sharing, views


def page() -> None:
    st.title("Train a digit classifier", anchor=False)
    data = session.preparation()
    if data.dataset is None:
        run_card.preparing()
        return
    with st.container():
        if data.missing:
            st.warning(f"{data.missing} Until then this page trains on digits.")
            st.button("Try again to fetch MNIST", on_click=data.start)

    session.begin()
    settings.begin(data.dataset)
    # Each part stands in a container of its own, so that none moves when another comes or goes: a
    # part that refreshes by itself would else write where it stood before.
    with st.container():
        st.fragment(choices)(settings.current())
    with st.container():
        run = session.watched()
    with st.container():
        if run:
            run_card.run_card(run)
        else:
            st.info("There is no run yet. Press Train, and its curves appear here.")
    with st.container():
        if run:
            views.show(run)


def choices(drawn: TrainConfig) -> None:
    """All that one sets before training. A control that moves redraws this, and not the run.

    Parameters
    ----------
    drawn : the settings that the rest of the page was drawn with.
    """
    with session.errors_shown():
        config = settings.current()
        choose, differs = st.container(), st.container()
        with differs:
            recipes.changes()  # sent first: whoever moves a control looks here
        with choose:
            sharing.refusals()
            recipes.cards()
            actions(config)
        with st.sidebar:
            controls.show()
        if config != drawn and views.reads_settings():
            st.rerun()


def actions(config: TrainConfig) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train", key="train", type="primary", icon=":material/play_arrow:"):
            session.submit(config)
            st.rerun()  # the whole page: there is a new run on it
        recipes.story()
        sharing.link(config)


layout.show(page)
