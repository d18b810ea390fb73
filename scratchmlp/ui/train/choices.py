"""What a visitor sets before training: recipe, controls, and the button that trains."""

import streamlit as st

from scratchmlp.net.config import TrainConfig
from scratchmlp.ui import resources, selection, session
from scratchmlp.ui.train import controls, recipes, settings, sharing, views


def show() -> None:
    """A fragment: a control that changes redraws this, and not the run."""
    st.fragment(_choices)(settings.current())


def _choices(page_config: TrainConfig) -> None:
    """`page_config` are the settings that the rest of the page was drawn with."""
    with session.errors_shown():
        config = settings.current()
        top, changes = st.container(), st.container()
        with changes:
            recipes.changes()  # sent first: a visitor who moves a control looks here
        with top:
            sharing.errors()
            recipes.cards()
            _buttons(config)
        with st.sidebar:
            controls.show()
        if config != page_config and views.reads_settings():
            st.rerun()


def _buttons(config: TrainConfig) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train", key="train", type="primary", icon=":material/play_arrow:"):
            selection.select_run(resources.submit(config))
            st.rerun()  # the whole page, which shows the new run
        recipes.story()
        sharing.show(config)
