"""The card of a run: its status, its buttons and its curves, drawn again while it trains."""

import pandas as pd
import streamlit as st

from scratchmlp import glossary
from scratchmlp.charts.network import MEDIUM
from scratchmlp.net import presets
from scratchmlp.net.config import LABELS, TrainConfig, setting
from scratchmlp.runs import built_in, records
from scratchmlp.runs.history import History
from scratchmlp.runs.store import Run
from scratchmlp.ui import (
    elsewhere,
    live,
    network_drawing,
    ownership,
    resources,
    run_status,
    selection,
    session,
)
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.train import (
    absence,
    curve_charts,
    diagnosis,
    figures,
    next_steps,
    place_in_line,
    run_controls,
    settings,
    style,
)

NETWORK = glossary.explain("epoch", "hidden layer", "unit")


def show(run: Run) -> None:
    every = run_status.seconds_between_looks(run)
    st.fragment(_card, run_every=every)(run.id, run.is_under_way, every)
    if run.ended:
        elsewhere.follow()


def show_frame(config: TrainConfig) -> None:
    """What the card of a run with these settings will be: there is no run yet."""
    run = records.planned(config)
    st.html(style.CARD)
    with st.container(key="run", border=True):
        row = st.container(horizontal=True, vertical_alignment="center", key="run_header")
        row.header("No run yet", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", key="run_state"):
            st.caption("Press Train, and the curves of your run appear here.")
        _results(run, resources.history(run))
    elsewhere.follow()


def _card(run_id: str, was_under_way: bool, every: float | None) -> None:
    with session.errors_shown():
        st.html(style.CARD)
        run_controls.waiting(run_id)
        run = selection.followed_run(run_id)
        newer = None if run.is_under_way else _newer(run)
        if run.is_under_way != was_under_way or (every and every != live.seconds()):
            st.rerun()
        with st.container(key="run", border=True):
            _header(run)
            if newer:
                _offer(newer)
            history = resources.history(run)
            with st.container(horizontal=True, vertical_alignment="center", key="run_state"):
                with st.container():
                    _state(run, history)
                with st.container(horizontal=True, width="content", key="run_buttons"):
                    run_controls.buttons(run)
            _results(run, history)


def _newer(run: Run) -> Run | None:
    """A run that was started elsewhere after this one, and is training."""
    newest = next(iter(resources.store().runs(1)), None)
    if newest and newest.is_live and newest.created > run.created and ownership.is_own(newest):
        return newest
    return None


def _offer(newer: Run) -> None:
    label = f"Show {escape(newer.title)}, which is training now"
    if st.button(label, key="see_newer", icon=":material/east:"):
        selection.select_run(newer.id)
        st.rerun()


def _results(run: Run, history: History) -> None:
    """The figures beside the loss; what to make of them; the accuracy."""
    side, chart = st.columns([3, 8], gap="medium")
    with side:
        figures.show(run, history)
        with st.container(key="run_side"):
            _side(run)
    if not absence.was_trained_here(run):
        with chart, st.container(key="run_network"):
            _network(run)
        return
    curves = curve_charts.of_run(run, history)
    with chart, st.container(key="run_curve"):
        curve_charts.loss(curves)
    with st.container(key="run_diagnosis"):
        diagnosis.in_brief(run, history)
    curve_charts.accuracy(curves)


def _side(run: Run) -> None:
    """What to do with the run now: steer it, or go on with its network."""
    if not run.is_under_way:
        next_steps.show(run)
    elif run.is_live and settings.is_shown("lr") and ownership.may("steer", run):
        with st.container(key="run_lr"):
            run_controls.learning_rate(run)


def _header(run: Run) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", key="run_header")
    row.markdown(run_status.badge(run), width="content")
    if words := run_controls.pending(run):
        row.caption(words, width="content")
    row.header(escape(run.title), anchor=False)
    with row:
        _popover_of_network(run)
        _settings(run)
    words = presets.in_words(run.config)
    if words != run.title:
        st.caption(words)
    ownership.byline(run)


def _popover_of_network(run: Run) -> None:
    """The drawn network, on demand; one that was not trained here stands in place of curves."""
    if not absence.was_trained_here(run) or not resources.store().last_checkpoint(run.id).step:
        return
    popover = st.popover("Network", icon=":material/hub:", key="run_network", on_change="rerun")
    if popover.open:
        with popover:
            _network(run)


def _network(run: Run) -> None:
    step, epoch = resources.store().last_checkpoint(run.id)
    with st.container(gap="small"):
        st.subheader(f"The network after epoch {epoch}", anchor=False, help=NETWORK)
        network_drawing.of_run(run.id, step, MEDIUM)


def _settings(run: Run) -> None:
    """All settings of the run, on demand; those that differ from its recipe stand first."""
    recipe = presets.nearest(run.config)
    differ = presets.differences(run.config, recipe)
    fields = [*differ, *(field for field in LABELS if field not in differ)]
    with st.popover("Settings", icon=":material/tune:", key="run_settings"):
        n = len(differ)
        count = "1 setting differs" if n == 1 else f"{n} settings differ"
        st.caption(f"The nearest recipe is {recipe}: {count if n else 'nothing differs'}.")
        st.table(_settings_table(run, recipe, fields), hide_index=True)


def _settings_table(run: Run, recipe: str, fields: list[str]) -> pd.DataFrame:
    """Markdown; what differs is bold."""
    config, rows = presets.find(recipe).config, []
    for field in fields:
        own = escape(setting(field, run.config))
        theirs = "any" if field == "dataset" else setting(field, config)
        is_own = field in presets.differences(run.config, recipe)
        rows.append((LABELS[field], f"**{own}**" if is_own else own, escape(theirs)))
    return pd.DataFrame(rows, columns=["Setting", "This run", recipe])


def _state(run: Run, history: History) -> None:
    """What the run waits for, how far it is, or how it ended."""
    trouble = resources.jobs().trouble
    if run.status == "queued" and trouble:
        st.error(escape(trouble))
    elif run.status == "queued":
        st.caption(place_in_line.words_of(run))
    elif run.status == "lost" and run.tries is None:
        st.error(
            "The process that trained this run does not answer any more. "
            "Press Resume to continue from its last checkpoint."
        )
    elif run.status == "lost":
        st.warning(
            "The process that trained this run does not answer. "
            "The run continues from its last checkpoint by itself."
        )
    elif run.status == "diverged":
        st.error(f"{escape(run.error or '')} The curves show it up to there.")
    elif run.status == "stopped" and run.error:  # its time was up
        st.info(escape(run.error))
    elif run.error:
        st.error(escape(run.error))
    elif run.id == built_in.HANDS:
        st.caption(run.note)
    elif not absence.was_trained_here(run):
        st.caption("This network was not trained here, so it has no curves.")
    else:
        run_status.progress(run, history)
