""" "Right?" under a prediction: Yes keeps the drawing, and the right class is learned at once."""

import streamlit as st

from scratchmlp.analysis.prediction import Prediction
from scratchmlp.net.network import Network
from scratchmlp.runs.drawings import Drawing
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, session
from scratchmlp.ui.draw import lesson
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.lesson import Correction
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import CORRECTION, RIGHT_CLASS

QUESTIONS = {"sure": "No, it was:", "not sure": "Neither? It was:", "none of these": "What was it?"}


def correct(digit: Prediction, drawn: InkInput, label: str) -> None:
    """Keep a drawing with its label, and let the run learn it: what a button's press calls.

    The callback of a widget draws nothing. So the lesson is given by `show`, which comes next.
    """
    with session.errors_shown():
        kept = resources.store().drawings.find(digit.image)
        drawing = _save(kept, label, digit, drawn)
        previous = kept.label if kept else None
        st.session_state[CORRECTION] = Correction(drawing, label, previous, digit)


def keep(label: str, digit: Prediction, drawn: InkInput) -> None:
    """Keep a drawing with its label, or change the label it was kept with."""
    _save(resources.store().drawings.find(digit.image), label, digit, drawn)


def _save(kept: Drawing | None, label: str, digit: Prediction, drawn: InkInput) -> str:
    """Keep a drawing, or change the label of the `kept` one; return its id."""
    drawings = resources.store().drawings
    if kept is None:
        return drawings.add(label, digit.image, drawn.strokes)
    drawings.relabel(kept.id, label)
    return kept.id


def show(run: Run, network: Network, drawn: InkInput, digit: Prediction | None) -> None:
    """The question whether the prediction is right, and the lesson after a correction."""
    with st.container(key="correction"):
        lesson.open_taught_run()
        correction: Correction | None = st.session_state.get(CORRECTION)
        if correction and not run.is_live:
            with session.errors_shown(), st.spinner(f"Learning your {escape(correction.label)} …"):
                lesson.learn(run, network.classes, correction)
        st.session_state.pop(CORRECTION, None)
        if digit is not None and digit.verdict != "empty":
            _ask(run, network, drawn, digit)


def _ask(run: Run, network: Network, drawn: InkInput, digit: Prediction) -> None:
    kept = resources.store().drawings.find(digit.image)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    if kept is not None:
        row.markdown(f"**Kept as a {escape(kept.label)}.**", width="content")
        if kept.id != lesson.corrected_drawing(run):  # a lesson has an Undo of its own
            row.button("Undo", key="undo_keep", on_click=_forget, args=[kept.id])
    elif digit.verdict == "sure":
        row.markdown("**Right?**", width="content")
        row.button(
            "Yes",
            key="right",
            icon=":material/check:",
            on_click=_confirm,
            args=[network.classes[int(digit.probabilities.argmax())], digit, drawn],
            help="Keeps the drawing with this class, so that Teach can use it.",
        )
    question = QUESTIONS["sure" if kept else digit.verdict]
    row.markdown(question, width="content")
    row.pills(
        "The right class",
        network.classes,
        format_func=escape,
        key=RIGHT_CLASS,
        label_visibility="collapsed",
        on_change=_correct_by_choice,
        args=[digit, drawn],
        width="stretch",
    )


def _confirm(label: str, digit: Prediction, drawn: InkInput) -> None:
    with session.errors_shown():
        keep(label, digit, drawn)


def _forget(drawing_id: str) -> None:
    with session.errors_shown():
        resources.store().drawings.delete([drawing_id])


def _correct_by_choice(digit: Prediction, drawn: InkInput) -> None:
    label = st.session_state[RIGHT_CLASS]
    st.session_state[RIGHT_CLASS] = None
    if label is not None:
        correct(digit, drawn, label)
