"""While the data is prepared: how far that is, and what stands in until a first run is there."""

import streamlit as st

from scratchmlp.data import sources
from scratchmlp.errors import UserError
from scratchmlp.runs import built_in
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources
from scratchmlp.ui.run_status import LIVE_SECONDS

NEXT = (
    "Then a first network trains by itself, and stands here. Until then you see the one that comes "
    "with the program."
)


def is_under_way() -> bool:
    return resources.preparation().dataset is None


def show() -> None:
    """How far the preparation is. The page is drawn anew by itself when it is done."""
    if is_under_way():
        st.fragment(_progress, run_every=LIVE_SECONDS)()


def _progress() -> None:
    preparation = resources.preparation()
    if preparation.dataset:
        st.rerun()
    total = preparation.total
    counted = f": {preparation.done:,} of {total:,}" if total else " …"
    st.progress(preparation.share, text=preparation.what + counted)
    st.caption(NEXT)
    if not preparation.is_running:
        st.error("The dataset could not be prepared. Read the app's log, then prepare it again.")
        st.button("Prepare it again", on_click=preparation.start)


def stand_in() -> Run | None:
    """The program's own network, until there is another to look at."""
    return built_in.run() if is_under_way() else None


def includes(dataset: str) -> bool:
    """Whether a part of this dataset is being prepared, so that no run can begin with it."""
    return is_under_way() and sources.DEFAULT in sources.parts(dataset)


def demand_ready(dataset: str) -> None:
    """Refuse to train on what is being prepared: it would be prepared twice at the same time."""
    if includes(dataset):
        raise UserError("MNIST is being prepared. Train can be pressed when that is done.")
