"""Draw: it reads your hand, and learns it."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import explanation, first_run, layout, predictions, run_picker, session
from scratchmlp.ui.draw import all_runs, drawings, ink_input, prediction, teaching

EVERY = 1.0  # seconds between two looks at a run that is still training


def page() -> None:
    st.title("Draw a digit", anchor=False)
    predictions.begin()
    teaching.begin()
    runs = run_picker.candidates()
    run = run_picker.run(runs)
    first_run.say_what_is_missing(run)
    moving = run is None or run.is_live
    st.fragment(desk, run_every=EVERY if moving else None)(run.id if run else None, moving)


def desk(run_id: str | None, moving: bool) -> None:
    """All that follows a drawing; nothing else of the page is run again for one."""
    with session.errors_shown():
        if moving and first_run.is_over(run_id):
            st.rerun()
        row = st.container(horizontal=True, gap="medium")
        with row.container(width=ink_input.WIDTH):
            drawn = ink_input.show()
        with row.container(width="stretch"):
            if run_id is None:
                first_run.show("You can draw already.")
                return
            run = session.store().run(run_id)
            network = session.network(run.id, session.store().last_checkpoint(run.id)[0])
            read = prediction.read(network, drawn.ink)
            prediction.show(network, read, run)
            teaching.show(run, network, drawn, read)
        views(run, network, drawn, read)


def views(run: Run, network: Network, drawn: ink_input.Drawn, read: prediction.Read) -> None:
    names = ["How it saw it", "Why", "All runs", "My drawings"]
    saw, why_tab, others, mine = st.tabs(names, key="draw_view", on_change="rerun")
    if saw.open:
        with saw:
            prediction.show_stages(network, drawn.ink, read)
    if why_tab.open:
        with why_tab:
            explanation.of_drawing(run, network, read.chosen)
    if others.open:
        with others:
            all_runs.show(drawn.ink)
    if mine.open:
        with mine:
            drawings.show(network.classes)


layout.show(page)
