"""What a visitor sets before training: recipe, controls, and the button that trains."""

import streamlit as st

from scratchmlp.data.sources import is_named
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Run
from scratchmlp.ui import run_status, session
from scratchmlp.ui.train import (
    controls,
    place_in_line,
    preparing,
    recipes,
    run_settings,
    settings,
    sharing,
    starting,
    views,
)


def show(run: Run | None) -> None:
    """A fragment: a control that changes redraws this, and not the run that the page shows."""
    st.fragment(_choices)(settings.current(), run)


def _choices(page_config: TrainConfig, run: Run | None) -> None:
    """`page_config` are the settings that the rest of the page was drawn with."""
    with session.errors_shown():
        config = settings.current()
        settings.write_address()
        top, changes = st.container(key="choices"), st.container(key="differing")
        with changes:  # sent first: a visitor who moves a control looks here
            recipes.changes()
            if run:
                run_settings.differences(run)
        with st.sidebar:
            _button_of_sidebar(config)
            controls.show()
        with top:
            sharing.errors()
            with st.container(key="what"):
                st.markdown(what_is_trained(config))
            recipes.cards()
            _buttons(config)
            run_status.kept_runs_warning()
        if config != page_config and (run is None or views.reads_settings()):
            st.rerun()


def what_is_trained(config: TrainConfig) -> str:
    """What is trained, and how it differs from what the post trains, with a link to it."""
    units = " + ".join(map(str, config.hidden))
    network = f"A network with {units} hidden units" if units else "A network without hidden units"
    post, posts = f"[{presets.POST_TITLE}]({presets.POST_URL})", presets.POST
    if not is_named(config.dataset):
        return f"{network} learns to recognise your pictures. The post {post} reads digits."
    if config.hidden != posts.hidden:
        return f"{network} learns to read digits. That of the post {post} has {posts.hidden[0]}."
    if config.activation != posts.activation:
        other = f"{network} ({config.activation}) learns to read digits."
        return f"{other} That of the post {post} has {posts.activation}."
    return f"{network} learns to read handwritten digits, as in the post {post}."


def _buttons(config: TrainConfig) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="start"):
        if st.button(
            "Train",
            key="train",
            type="primary",
            icon=":material/play_arrow:",
            disabled=preparing.includes(config.dataset),
        ):
            starting.start(config)
        place_in_line.before_training(config, bool(starting.under_way(config)))
        recipes.description()
        recipes.story()
        sharing.show(config)
    with st.container():
        place_in_line.warn_if_too_long(config)


def _button_of_sidebar(config: TrainConfig) -> None:
    """The same button where the keyboard comes first. A phone has no room for it: see `layout`."""
    is_waiting = preparing.includes(config.dataset)
    if st.button(
        "Train with these settings", key="train_here", width="stretch", disabled=is_waiting
    ):
        starting.start(config)
