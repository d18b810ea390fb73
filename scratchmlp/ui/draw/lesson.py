"""A lesson: a run learns all kept drawings at once, and the page shows what that changed.

The lesson makes a new run and selects it. The run on the page before, if it was itself made by a
lesson, is replaced: it is deleted, and Undo restores it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.analysis import prediction
from scratchmlp.analysis.prediction import Prediction
from scratchmlp.charts import image_urls
from scratchmlp.errors import UserError
from scratchmlp.figures import percent
from scratchmlp.net.network import Network
from scratchmlp.runs import teaching
from scratchmlp.runs.store import Run
from scratchmlp.runs.teaching import TAUGHT, TeachingResult
from scratchmlp.ui import ownership, resources, selection
from scratchmlp.ui.session import CORRECTION, LESSON

HELD_OUT = (
    "A drawing that is held out is predicted by a network that was taught the others. "
    "A drawing that is the only one of its class is predicted by the network that learned it."
)


@dataclass(frozen=True)
class Correction:
    """A drawing that was kept with a label, because its prediction was wrong or unsure.

    Attributes
    ----------
    drawing : its id.
    previous : the label that it was kept with before; None if it was not kept.
    predicted : the prediction that is corrected.
    """

    drawing: str
    label: str
    previous: str | None
    predicted: Prediction


@dataclass(frozen=True)
class Lesson:
    """What was taught last.

    Attributes
    ----------
    run : the id of the taught run.
    before : the id of the run that was selected before.
    has_replaced : whether the run before was deleted.
    is_open : whether the page was told to show the taught run.
    measurement : measures what the lesson changed, step by step.
    result : what that is; None until it is measured.
    """

    run: str
    before: str
    has_replaced: bool
    drawings: int
    correction: Correction | None
    measurement: Iterator[tuple[int, int] | TeachingResult]
    is_open: bool = False
    result: TeachingResult | None = None


def learn(run: Run, classes: tuple[str, ...], correction: Correction | None = None) -> None:
    """Teach the run all kept drawings, and show the result."""
    store = resources.store()
    drawings = store.drawings.examples(classes)
    taught = teaching.teach(store, run.id, drawings)
    has_replaced = taught != run.id and _is_replaceable(run)
    if has_replaced:
        store.run_list.delete([run.id])
    last: Lesson | None = st.session_state.get(LESSON)
    if last is None or last.run != taught:
        measurement = teaching.measure_stepwise(store, taught, drawings)
        st.session_state[LESSON] = Lesson(
            taught, run.id, has_replaced, len(drawings), correction, measurement
        )
    else:
        st.session_state[LESSON] = replace(last, is_open=run.id == taught)
    if run.id == taught:
        st.toast("This run has learned exactly these drawings already.")
    st.session_state.pop(CORRECTION, None)
    open_taught_run()


def open_taught_run() -> None:
    """Select the run that was taught last, and draw the whole page anew.

    A stroke may interrupt this. Then the next run of the page does it.
    """
    lesson: Lesson | None = st.session_state.get(LESSON)
    if lesson is not None and not lesson.is_open:
        selection.select_run(lesson.run)
        st.session_state[LESSON] = replace(lesson, is_open=True)
        st.rerun()


def _is_replaceable(run: Run) -> bool:
    """Whether a lesson made this run, and nobody has named, noted or shared it since."""
    has_own_name = re.search(rf"{TAUGHT}[\d,]+ drawings?$", run.name) is None
    is_kept = has_own_name or run.note or run.shared or run.pinned
    return bool(run.parent) and ownership.is_own(run) and not is_kept


def show(run: Run, network: Network) -> None:
    """What the last lesson changed, if it made this run. It measures that, the first time."""
    lesson: Lesson | None = st.session_state.get(LESSON)
    if lesson is None or lesson.run != run.id:
        return
    with st.container(border=True, key="taught"):
        row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
        if lesson.correction:
            row.html(_STYLE + _comparison(network, lesson.correction), width="content")
        else:
            n = teaching.count_drawings(lesson.drawings)
            row.markdown(f"**This new run was taught {n} of yours.**", width="content")
        if lesson.run != lesson.before and _undo_button(row, lesson):
            _undo(lesson)
        result = lesson.result or _measure(lesson)
        st.markdown(result.sentence, help=HELD_OUT if result.held_out else None)


def _undo_button(row: Any, lesson: Lesson) -> bool:
    help_text = "Returns to the run before."
    if lesson.correction:
        help_text = "Takes the drawing back and returns to the run before."
    pressed: bool = row.button("Undo", key="undo_lesson", icon=":material/undo:", help=help_text)
    return pressed


def corrected_drawing(run: Run) -> str | None:
    """The id of the drawing whose correction made this run."""
    lesson: Lesson | None = st.session_state.get(LESSON)
    if lesson is None or lesson.run != run.id or lesson.correction is None:
        return None
    return lesson.correction.drawing


def _measure(lesson: Lesson) -> TeachingResult:
    """Measure the lesson. A press or a stroke interrupts this, and then it goes on."""
    place, text = st.empty(), "Measuring on your drawings …"
    place.progress(0.0, text)
    for step in lesson.measurement:
        if isinstance(step, TeachingResult):
            st.session_state[LESSON] = replace(lesson, result=step)
            place.empty()
            return step
        done, total = step
        place.progress(done / total, text)
    raise UserError("Teaching could not be measured: press Teach again.")


def _undo(lesson: Lesson) -> None:
    store, correction = resources.store(), lesson.correction
    if correction and correction.previous is None:
        store.drawings.delete([correction.drawing])
    elif correction and correction.previous:
        store.drawings.relabel(correction.drawing, correction.previous)
    store.run_list.delete([lesson.run])
    if lesson.has_replaced:
        store.run_list.restore([lesson.before])
    del st.session_state[LESSON]
    selection.select_run(lesson.before)
    st.rerun()


def _comparison(network: Network, correction: Correction) -> str:
    """The prediction for the corrected drawing, before and now."""
    old, label = correction.predicted, escape(correction.label)
    now = prediction.probabilities(network, old.image[None])[0]
    image = f'<img alt="Your drawing of a {label}" src="{image_urls.png_url(old.image)}">'
    before = _half("Before", network, old.probabilities, old.verdict == "none of these")
    halves = f"{before}<span aria-hidden=true>→</span>{_half('Now', network, now)}"
    words = escape(_words(network, correction, now))
    return f'<div class="lesson" role="status">{image}{halves}<p>{words}</p></div>'


def _half(when: str, network: Network, p: NDArray[np.float64], is_refused: bool = False) -> str:
    first = int(p.argmax())
    name, share = (escape(network.classes[first]), escape(percent(p[first], 0)))
    if is_refused:
        name, share = "?", "none of these"
    return f"<div><small>{when}</small><b>{name}</b><small>{share}</small></div>"


def _words(network: Network, correction: Correction, now: NDArray[np.float64]) -> str:
    first = int(now.argmax())
    reads = f"{network.classes[first]} ({percent(now[first], 0)})"
    if network.classes[first] == correction.label:
        return f"It now reads {reads}."
    has_changed = first != correction.predicted.label
    when = "now" if has_changed else "still"
    return f"It {when} reads {reads}. Draw another {correction.label}, and correct that too."


_STYLE = """<style>
.lesson { display: flex; flex-wrap: wrap; gap: .9rem; align-items: center; }
.lesson img { width: 56px; height: 56px; image-rendering: pixelated; border-radius: 4px; }
.lesson div { display: flex; flex-direction: column; align-items: center; line-height: 1.2; }
.lesson b { font-size: 1.6rem; }
.lesson p { margin: 0; font-weight: 600; }
</style>"""
