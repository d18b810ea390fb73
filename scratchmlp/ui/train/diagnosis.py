"""The diagnosis of a run as cards: what happens, why, and what to try."""

from dataclasses import replace

import streamlit as st

from scratchmlp import glossary
from scratchmlp.analysis.diagnosis import Finding, diagnose
from scratchmlp.data import datasets, sources
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import LABELS
from scratchmlp.runs.history import History
from scratchmlp.runs.store import ENDED, Run
from scratchmlp.ui import live, resources, run_status, selection, session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.train import absence, settings, starting
from scratchmlp.ui.train.recipes import describe_change

COLORS = {"error": "red", "warning": "orange", "info": "blue", "good": "green"}
# Words that a learner may not know, by the name of the finding.
WORDS = {
    "over-fitting": glossary.explain("over-fitting", "validation pictures"),
    "under-fitting": glossary.explain("under-fitting"),
    "dead units": glossary.explain("dead unit", "unit"),
    "saturated units": glossary.explain("activation", "unit"),
    "saturated softmax": glossary.explain("softmax", "logits", "NaN"),
    "diverged": glossary.explain("diverge", "NaN"),
    "vanishing gradients": glossary.explain("gradient"),
    "learning rate too high": glossary.explain("learning rate"),
    "learning rate too low": glossary.explain("learning rate"),
    "initial weights too large": glossary.explain("initialisation"),
    "symmetric initialisation": glossary.explain("initialisation", "unit"),
    "too few steps": glossary.explain("step", "batch", "epoch"),
}


def show(run: Run) -> None:
    # Findings change once an epoch, so looking seldom is enough.
    st.fragment(_show, run_every=None if run.ended else 2 * live.seconds())(run.id)


def _show(run_id: str) -> None:
    with session.errors_shown():
        run = selection.followed_run(run_id)
        history = resources.history(run)
        findings = _of_run(run, history)
        for index, finding in enumerate(findings):
            _card(run, finding, index)
        if not findings:
            _nothing(run, history)


def in_brief(run: Run, history: History) -> None:
    """The most serious finding in a sentence, with a button that tries its advice."""
    findings = _of_run(run, history)
    if not findings:
        _nothing(run, history)
        return
    first = findings[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        name = f":{COLORS[first.severity]}[**{first.name.capitalize()}.**]"
        st.markdown(f"{name} {first.evidence}")
        if first.change:
            _try_button(run, first, "try_first")


def _nothing(run: Run, history: History) -> None:
    if history.last_epoch and run.status == "stopped":
        st.caption("Nothing stands out so far. The run was stopped before its end.")
    elif history.last_epoch:
        learns = "learned" if run.ended else "learns"
        st.caption(f"Nothing stands out: the run {learns} as it should.")
    elif run.is_planned:
        st.caption("Its diagnosis appears here after the first epoch.")
    else:
        st.caption(absence.sentence(run, "diagnosis", "epoch"))


def _of_run(run: Run, history: History) -> list[Finding]:
    """None before the first epoch."""
    if not history.last_epoch and not run.ended:
        return []
    return _findings(run.id, run.started, run.status, history.last_epoch, run, history)


@st.cache_data(show_spinner=False, max_entries=100)
def _findings(
    run_id: str, started: float | None, status: str, epochs: int, _run: Run, _history: History
) -> list[Finding]:
    """Computed once an epoch, and not at each look at the page."""
    own = _own_pictures(_run.dataset)
    return diagnose(_run.config, _history.steps, _history.epochs, status, status in ENDED, own)


def _own_pictures(name: str) -> Dataset | None:
    """The dataset of a run, if it is not a named one and is on this machine."""
    is_own = not sources.is_named(name) and datasets.is_prepared(name)
    return datasets.load(name) if is_own else None


def _card(run: Run, finding: Finding, index: int) -> None:
    severity = finding.severity
    with st.container(border=True, key=f"finding_{index}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            words = WORDS.get(finding.name)
            st.subheader(finding.name.capitalize(), anchor=False, width="content", help=words)
            st.markdown(f":{COLORS[severity]}-badge[{severity}]", width="content")
        st.markdown(escape(finding.evidence))
        st.markdown(f"**Why:** {finding.reason}")
        if finding.advice:
            st.markdown(f"**Try:** {finding.advice}")
        if finding.change:
            _try_button(run, finding, f"try_{index}")


def _try_button(run: Run, finding: Finding, key: str) -> None:
    label, icon = f"Try it: {escape(_describe(run, finding))}", ":material/play_arrow:"
    st.button(label, key=key, icon=icon, on_click=_try, args=[run, finding])


def _describe(run: Run, finding: Finding) -> str:
    """What changes, and how long the new run takes."""
    new = replace(run.config, **finding.change)
    changes = ", ".join(
        f"{LABELS[field].lower()} {describe_change(field, run.config, new)}"
        for field in finding.change
    )
    [seconds] = resources.store().work.known_seconds([new])
    return changes if seconds is None else f"{changes} · {run_status.about(seconds)}"


def _try(run: Run, finding: Finding) -> None:
    """Train with the change, and set the controls to it."""
    with session.errors_shown():
        config = replace(run.config, **finding.change)
        settings.use(config)
        starting.start(config)
