"""Draw: it reads your hand, and learns it."""

import streamlit as st

import scratchmlp.ui  # noqa: F401 (first: see there)
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import (
    answer,
    assessment,
    choice,
    drawer,
    everybody,
    frame,
    handwriting,
    session,
    source,
    starter,
    why,
)

EVERY = 1.0  # seconds between two looks at a run that is still training


def page() -> None:
    st.title("Draw a digit", anchor=False)
    assessment.begin()
    handwriting.begin()
    runs = choice.candidates()
    run = choice.run(runs)
    starter.say_what_is_missing(run)
    moving = run is None or run.is_live
    st.fragment(desk, run_every=EVERY if moving else None)(run.id if run else None, moving)


def desk(run_id: str | None, moving: bool) -> None:
    """All that follows a drawing; nothing else of the page is run again for one."""
    with session.errors_shown():
        if moving and starter.is_over(run_id):
            st.rerun()
        row = st.container(horizontal=True, gap="medium")
        with row.container(width=source.WIDTH):
            drawn = source.show()
        with row.container(width="stretch"):
            if run_id is None:
                starter.show("You can draw already.")
                return
            run = session.store().run(run_id)
            network = session.network(run.id, session.store().checkpoint_place(run.id)[0])
            read = answer.read(network, drawn.ink)
            answer.show(network, read, run)
            handwriting.show(run, network, drawn, read)
        views(run, network, drawn, read)


def views(run: Run, network: Network, drawn: source.Drawn, read: answer.Read) -> None:
    names = ["How it saw it", "Why", "All runs", "My drawings"]
    saw, why_tab, others, mine = st.tabs(names, key="draw_view", on_change="rerun")
    if saw.open:
        with saw:
            answer.show_stages(network, drawn.ink, read)
    if why_tab.open:
        with why_tab:
            why.of_drawing(run, network, read.chosen)
    if others.open:
        with others:
            everybody.show(drawn.ink)
    if mine.open:
        with mine:
            drawer.show(network.classes)


frame.show(page)
