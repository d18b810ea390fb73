"""Start a run and show it. A second press shows the same run, and starts no other."""

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.ui import first_steps, resources, selection
from scratchmlp.ui.session import STARTED_RUN
from scratchmlp.ui.train import preparing, settings


def start(config: TrainConfig, instead_of: str | None = None) -> None:
    """Train with these settings, and draw the whole page anew with that run.

    `instead_of` is a run that ends for this one, so that it does not count as started.
    """
    preparing.demand_ready(config.dataset)
    started = under_way(config)
    if started and started != instead_of:
        run_id = started
    else:
        run_id = resources.submit(config)
        st.session_state[STARTED_RUN] = run_id
        first_steps.note("train")
    settings.write_address(run=run_id)
    selection.select_run(run_id)
    st.rerun()


def under_way(config: TrainConfig) -> str | None:
    """The run with these settings that the visitor has started, while it waits or trains."""
    started: str | None = st.session_state.get(STARTED_RUN)
    if started is None:
        return None
    try:
        run = resources.store().run(started)
    except UserError:  # it was deleted
        return None
    is_same = run.config == config and run.status in ("queued", "running")
    return started if is_same else None
