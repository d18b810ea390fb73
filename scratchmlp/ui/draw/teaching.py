"""Your handwriting: a slot for each class keeps the drawing, and Teach trains on all kept ones."""

import numpy as np
import streamlit as st

from scratchmlp.net.network import Network
from scratchmlp.runs.drawings import Drawing
from scratchmlp.runs.store import Run
from scratchmlp.runs.teaching import count_drawings
from scratchmlp.ui import resources, session, thumbnails
from scratchmlp.ui.draw import correction, lesson
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.thumbnails import Item

MAX_LISTED = 30  # classes that are still to draw
EMPTY = np.zeros((28, 28), dtype=np.uint8)


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """A slot for each class that keeps the drawing, and the button that teaches."""
    drawings = resources.store().drawings.all()
    _slots(network.classes, drawings, drawn, predicted)
    known = [drawing for drawing in drawings if drawing.label in network.classes]
    pressed = st.button(
        f"Teach {count_drawings(len(known))}" if known else "Teach",
        key="teach",
        icon=":material/school:",
        disabled=not known or run.is_live,
        width="stretch",
    )
    st.caption(_invitation(run, network.classes, known))
    if pressed:
        with session.errors_shown(), st.spinner("Teaching a copy of the run your handwriting …"):
            lesson.learn(run, network.classes)


def _slots(
    classes: tuple[str, ...],
    drawings: list[Drawing],
    drawn: InkInput,
    predicted: NumberPrediction,
) -> None:
    digit = predicted.only
    kept = None if digit is None else resources.store().drawings.find(digit.image)
    items, images = [], []
    for index, name in enumerate(classes):
        own = [drawing for drawing in drawings if drawing.label == name]
        items.append(_slot(index, name, len(own), kept is not None and kept.label == name))
        images.append(own[0].image if own else EMPTY)

    def press(index: int) -> None:
        with session.errors_shown():
            if digit is not None:
                correction.keep(classes[index], digit, drawn)

    with st.container(key="slots", gap="xsmall"):
        st.markdown("**Your handwriting**")
        thumbnails.show(
            "slots_thumbnails",
            np.stack(images),
            items,
            press,
            width=56,
            tile=28,
            enabled=digit is not None,
        )
        st.caption(_hint(predicted, kept))


def _hint(predicted: NumberPrediction, kept: Drawing | None) -> str:
    if len(predicted.digits) > 1:
        return "Draw one digit at a time to keep it."
    if kept is not None:
        return f"Kept as a {escape(kept.label)}. Press another class to change that."
    if predicted.digits:
        return "Press what you drew to keep it."
    return "Draw a digit, and press its class here to keep it."


def _slot(index: int, name: str, n: int, is_pressed: bool) -> Item:
    count = f"{n} kept" if n else "none yet"
    return {
        "index": index,
        "words": name,
        "small": count if n else "\N{NO-BREAK SPACE}",  # as high as the others
        "label": f"Keep it as a {name}: {count}",
        "pressed": is_pressed,
        "empty": not n,
    }


def _invitation(run: Run, classes: tuple[str, ...], known: list[Drawing]) -> str:
    if run.is_live:
        return "This run is still training. Teach it when it has finished."
    if not known:
        return "Teach trains a copy of the run on the drawings that you keep."
    missing = [name for name in classes if all(d.label != name for d in known)]
    if not missing:
        return "You have kept a drawing of every class."
    more = " …" if len(missing) > MAX_LISTED else ""
    return f"Still to draw: {escape(', '.join(missing[:MAX_LISTED]))}{more}."
