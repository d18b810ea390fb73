"""The canvas with all that follows a drawing. Nothing else of the page is run again for one."""

from functools import partial

import streamlit as st

from scratchmlp.runs.store import Run
from scratchmlp.ui import first_run, first_steps, live, resources, selection, session
from scratchmlp.ui.draw import (
    correction,
    ink_input,
    lesson,
    prediction,
    second_opinion,
    teaching,
    views,
)

# On a phone the slots are under the canvas, then comes the question whether the prediction is
# right, and the prediction itself stays at the bottom of the screen.
STYLE = """<style>
.st-key-right_class [role=radiogroup] { flex-wrap: wrap }
.st-key-right_class [role=radio] { flex: 0 0 auto }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-bottom: 7rem }
  .st-key-prediction:has(.answer) { position: fixed; inset: auto 0 0 0; z-index: 100;
    width: 100% !important; padding: .5rem 1rem; border-radius: 0; border-width: 1px 0 0;
    background: light-dark(#ffffff, #11161d) }
  .answer { min-height: 3rem !important; flex-direction: row !important; text-align: left }
  .answer .digit { font-size: min(3rem, calc(9rem / var(--letters))) !important }
  [data-testid=stLayoutWrapper]:has(> .st-key-correction, > .st-key-lesson) { order: -1 }
}
</style>"""


def show(run: Run) -> None:
    every = live.seconds() if run.is_live else None
    st.fragment(_desk, run_every=every)(run.id, run.is_live)


def _desk(run_id: str, was_live: bool) -> None:
    with session.errors_shown():
        if was_live and first_run.is_over(run_id):
            st.rerun()
        st.html(STYLE)
        row = st.container(horizontal=True, gap="medium")
        left, right = row.container(width=ink_input.WIDTH), row.container(width="stretch")
        with left:
            drawn = ink_input.show()
        run, network = selection.followed_run(run_id), resources.last_network(run_id)
        predicted = prediction.predict(run, network, drawn)
        digit = predicted.only
        if predicted.digits:
            first_steps.note("draw")
        with right:
            correct_to = None  # what a kept drawing is has been said
            if digit and not resources.store().drawings.find(digit.image):
                correct_to = partial(correction.correct, digit, drawn)
            prediction.show(network, predicted, run, correct_to)
            second_opinion.show(run, network, drawn, predicted)
            correction.show(run, network, drawn, digit)
            taught = st.container(key="lesson")
        with left:
            teaching.show(run, network, drawn, predicted)
        views.show(run, network, drawn, predicted)
        with taught:
            lesson.show(run, network)
