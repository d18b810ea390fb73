"""The search for a learning rate, for the settings of the controls."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from scratchmlp import glossary
from scratchmlp.charts.training import finder_chart
from scratchmlp.net.config import TrainConfig
from scratchmlp.ui import background_task
from scratchmlp.ui.train import preparing, settings

TITLE = "Find a learning rate"
_WORDS = glossary.explain("learning rate", "loss", "diverge")
NOTE = (
    "Trains a new network for a few seconds and raises the learning rate until the loss diverges. "
    "The suggested rate is well below that."
)


def show() -> None:
    """A button beside the control of the learning rate; the search is in what it opens."""
    popover = st.popover(TITLE, icon=":material/search:", key="finder", on_change="rerun")
    if popover.open:
        with popover:
            _search()


def _search() -> None:
    st.caption("For the settings of the controls, not for the run that is shown.", help=_WORDS)
    preparing.demand_ready(settings.current().dataset)
    settings_searched = _searched(settings.current()).asdict()
    found = background_task.show("finder", settings_searched, TITLE, NOTE)
    if found is None:
        return
    suggestion = float(found["suggestion"].item())
    table = pd.DataFrame({name: found[name] for name in ("lr", "loss", "smooth")})
    with st.container(key="finder_chart"):
        st.altair_chart(
            finder_chart(table, suggestion),
            alt=f"Loss by learning rate; {suggestion:g} is suggested.",
        )
    st.button(
        f"Use {suggestion:g}",
        key="use_rate",
        type="primary",
        icon=":material/check:",
        disabled=settings.current().lr == suggestion,
        on_click=settings.change,
        kwargs={"lr": suggestion},
    )


def _searched(config: TrainConfig) -> TrainConfig:
    """What the search depends on. The rest has its default, so that visitors share searches."""
    default = TrainConfig()
    return replace(config, lr=default.lr, epochs=default.epochs, schedule=default.schedule)
