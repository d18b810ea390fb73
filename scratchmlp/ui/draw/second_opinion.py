"""What another network says of the same drawing: the program's own, or the visitor's best."""

import streamlit as st

from scratchmlp.figures import percent
from scratchmlp.net.network import Network
from scratchmlp.runs import built_in
from scratchmlp.runs.store import Run
from scratchmlp.ui import ownership, resources, run_picker, selection
from scratchmlp.ui.draw import prediction
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.markdown import escape

LONGEST = 30  # letters of a title


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """Both answers side by side, and a button that goes on with the other network."""
    other = _other(run)
    if other is None:
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="second_opinion"
    ):
        if predicted.digits:
            st.markdown(_words(run, network, predicted, other, drawn), width="content")
        if st.button(f"Use {escape(_name(other))}", key="use_other", help="Shows it instead."):
            selection.select_run(other.id)
            st.rerun()


def _other(run: Run) -> Run | None:
    """The program's network beside one of the visitor's, and their best one beside it."""
    if run.id != built_in.HANDS:
        return built_in.run()
    best = run_picker.best_run(run_picker.trained_runs())
    return None if best is None or best.id == built_in.HANDS else best


def _words(
    run: Run, network: Network, predicted: NumberPrediction, other: Run, drawn: InkInput
) -> str:
    others = resources.last_network(other.id)
    theirs = prediction.predict(other, others, drawn)
    mine, its = _answer(network, predicted), _answer(others, theirs)
    this, that = (
        f"{escape(_name(which))} says {_shown(answer, of)}"
        for which, answer, of in ((run, mine, predicted), (other, its, theirs))
    )
    sentence = f"{that} too." if mine == its else f"{this}, {that}."
    return sentence[0].upper() + sentence[1:] if sentence.startswith("your") else sentence


def _answer(network: Network, predicted: NumberPrediction) -> str:
    """The number; empty if one of its digits is none of the classes."""
    names = [prediction.class_name(network, digit) for digit in predicted.digits]
    return "" if any(digit.label is None for digit in predicted.digits) else "".join(names)


def _shown(answer: str, predicted: NumberPrediction) -> str:
    """The number, and the least confidence of its digits: **3** (98.1%)."""
    share = min(float(digit.probabilities.max()) for digit in predicted.digits)
    return f"**{escape(answer)}** ({escape(percent(share, 1))})" if answer else "**none of these**"


def _name(run: Run) -> str:
    if run.id == built_in.HANDS or not ownership.is_own(run):
        return run.title if len(run.title) <= LONGEST else f"{run.title[: LONGEST - 1]}…"
    return "your network"
