"""What is going on with a run, why, and what to try: the diagnosis as cards."""

from dataclasses import replace

import streamlit as st

from scratchmlp.analysis.diagnosis import Finding, diagnose
from scratchmlp.net.config import LABELS
from scratchmlp.runs.history import History
from scratchmlp.runs.store import ENDED, Run
from scratchmlp.ui import session
from scratchmlp.ui.train import run_card, settings
from scratchmlp.ui.train.recipes import words

ICONS = {
    "error": (":red", ":material/error:"),
    "warning": (":orange", ":material/warning:"),
    "info": (":blue", ":material/info:"),
    "good": (":green", ":material/check_circle:"),
}


def show(run: Run) -> None:
    st.fragment(_show, run_every=run_card.SLOW)(run.id)  # what there is to say changes by the epoch


def _show(run_id: str) -> None:
    with session.errors_shown():
        run = session.store().run(run_id)
        read = session.curves(run)
        if not read.last_epoch and run.status not in ENDED:
            st.caption("What there is to say about it appears after its first epoch.")
            return
        found = _findings(run.id, run.started, run.status, read.last_epoch, run, read)
        for index, finding in enumerate(found):
            _card(run, finding, index)
        if not found and read.last_epoch:
            st.caption("Nothing stands out: it learns as it should.")
        elif not found:
            st.caption("It ended before its first epoch: there is nothing to say about it.")


@st.cache_data(show_spinner=False, max_entries=100)
def _findings(
    run_id: str, started: float | None, status: str, epochs: int, _run: Run, _read: History
) -> list[Finding]:
    """Looked for anew with each epoch, not with each look at the page."""
    return diagnose(_run.config, _read.steps, _read.epochs, status, status in ENDED)


def _card(run: Run, finding: Finding, index: int) -> None:
    color, icon = ICONS[finding.severity]
    with st.container(border=True, key=f"finding_{index}"):
        st.markdown(f"{color}[{icon} **{finding.name.capitalize()}**]")
        st.markdown(finding.evidence)
        st.markdown(f"**Why:** {finding.reason}")
        if finding.advice:
            st.markdown(f"**Try:** {finding.advice}")
        if finding.change:
            st.button(
                f"Try it: {_change(run, finding)}",
                key=f"try_{index}",
                icon=":material/play_arrow:",
                on_click=_try,
                args=[run, finding],
            )


def _change(run: Run, finding: Finding) -> str:
    new = replace(run.config, **finding.change)
    return ", ".join(
        f"{LABELS[field].lower()} {words(run.config, field)} → {words(new, field)}"
        for field in finding.change
    )


def _try(run: Run, finding: Finding) -> None:
    with session.errors_shown():
        config = replace(run.config, **finding.change)
        settings.use(config)
        session.submit(config)
