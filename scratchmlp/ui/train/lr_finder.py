"""The search for a learning rate, for the settings on the left."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from scratchmlp.charts.training import finder_chart
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Run
from scratchmlp.ui import background_task
from scratchmlp.ui.train import settings

NOTE = (
    "Raises the rate step by step on a network that is thrown away, until the loss blows up: a few "
    "seconds. The best rate is below the one where the loss is smallest."
)


def show(run: Run) -> None:
    """For the settings on the left, whatever the run on the screen has."""
    st.caption("For the settings of the controls, not those of the run above.")
    found = background_task.show(
        "finder", _searched(settings.current()).asdict(), "Find a rate", NOTE
    )
    if found is None:
        return
    suggestion = float(found["suggestion"].item())
    table = pd.DataFrame({name: found[name] for name in ("lr", "loss", "smooth")})
    with st.container(key="finder_chart"):
        st.altair_chart(
            finder_chart(table, suggestion),
            alt=f"Loss by learning rate; {suggestion:g} is suggested.",
        )
    taken = settings.current().lr == suggestion
    st.button(
        f"Use {suggestion:g}",
        key="use_rate",
        type="primary",
        icon=":material/check:",
        disabled=taken,
        on_click=settings.change,
        kwargs={"lr": suggestion},
    )


def _searched(config: TrainConfig) -> TrainConfig:
    """What the search depends on; the rest is as everybody's, so that one search serves all."""
    usual = TrainConfig()
    return replace(config, lr=usual.lr, epochs=usual.epochs, schedule=usual.schedule)
