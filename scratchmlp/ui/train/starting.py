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
    started: str | None = st.session_state.get(STARTED_RUN)
    preparing.demand_ready(config.dataset)
    if started and started != instead_of and _trains(started, config):
        run_id = started
    else:
        run_id = resources.submit(config)
        st.session_state[STARTED_RUN] = run_id
        first_steps.note("train")
    settings.write_address(run=run_id)
    selection.select_run(run_id)
    st.rerun()


def _trains(run_id: str, config: TrainConfig) -> bool:
    """Whether the run has these settings, and is still in the queue or training."""
    try:
        run = resources.store().run(run_id)
    except UserError:  # it was deleted
        return False
    return run.config == config and run.status in ("queued", "running")
