"""Teach a run your handwriting: "It was a …" keeps a drawing, and Teach trains on them."""

from typing import Any

import numpy as np
import streamlit as st

from scratchmlp.analysis.prediction import Prediction
from scratchmlp.net.network import Network
from scratchmlp.runs import teaching
from scratchmlp.runs.drawings import Drawing
from scratchmlp.runs.store import Run
from scratchmlp.runs.teaching import TeachingResult
from scratchmlp.ui import resources, selection, session, thumbnails
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import TEACHING_RESULT
from scratchmlp.ui.thumbnails import Item

EMPTY = np.zeros((28, 28), dtype=np.uint8)


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """A button for each class that keeps the drawing, and the button that teaches."""
    drawings = resources.store().drawings.all()
    _slots(network.classes, drawings, drawn, predicted)
    known = [drawing for drawing in drawings if drawing.label in network.classes]
    row = st.container(horizontal=True, vertical_alignment="center")
    pressed = row.button(
        "Teach",
        key="teach",
        type="primary",
        icon=":material/school:",
        disabled=not known or run.is_live,
    )
    row.caption(_invitation(run, network.classes, known))
    if pressed:
        _teach(run, network.classes)
    _result(run)


def _slots(
    classes: tuple[str, ...],
    drawings: list[Drawing],
    drawn: InkInput,
    predicted: NumberPrediction,
) -> None:
    digit = predicted.digits[0] if len(predicted.digits) == 1 else None
    kept = None if digit is None else _find(drawings, digit)
    st.markdown(_heading(predicted, kept))
    items, images = [], []
    for index, name in enumerate(classes):
        own = [drawing for drawing in drawings if drawing.label == name]
        items.append(_slot(index, name, len(own), kept is not None and kept.label == name))
        images.append(own[0].image if own else EMPTY)

    def press(index: int) -> None:
        with session.errors_shown():
            _keep(classes[index], drawn, digit, kept)

    with st.container(key="slots"):
        thumbnails.show(
            "slots_thumbnails", np.stack(images), items, press, width=60, enabled=digit is not None
        )


def _heading(predicted: NumberPrediction, kept: Drawing | None) -> str:
    if len(predicted.digits) > 1:
        return "**It was a …** (draw one digit at a time to keep it)"
    if kept is not None:
        name = escape(kept.label)
        return f"**Kept as a {name}.** Press another to change that, or clear for the next."
    return "**It was a …** (press what you drew, and it is kept to teach from)"


def _slot(index: int, name: str, n: int, is_pressed: bool) -> Item:
    count = f"{n} kept" if n else "none yet"
    return {
        "index": index,
        "words": name,
        "small": count,
        "label": f"It was a {name}: {count}",
        "pressed": is_pressed,
        "empty": not n,
    }


def keep(label: str, drawn: InkInput, predicted: NumberPrediction) -> None:
    """Keep the drawing of a single digit with this label: what a button's press calls."""
    [digit] = predicted.digits
    with session.errors_shown():
        _keep(label, drawn, digit, _find(resources.store().drawings.all(), digit))


def _find(drawings: list[Drawing], digit: Prediction) -> Drawing | None:
    """The drawing that is kept of exactly this picture."""
    return next((d for d in drawings if np.array_equal(d.image, digit.image)), None)


def _keep(label: str, drawn: InkInput, digit: Prediction | None, kept: Drawing | None) -> None:
    drawings = resources.store().drawings
    if digit is None:
        return
    if kept is not None:
        drawings.relabel(kept.id, label)
    else:
        drawings.add(label, digit.image, drawn.strokes)


def _invitation(run: Run, classes: tuple[str, ...], known: list[Drawing]) -> str:
    if run.is_live:
        return "This run is still training. Teach it when it has finished."
    if not known:
        return "Draw each digit once and press what it was. Teach then trains a copy on them."
    missing = [name for name in classes if all(d.label != name for d in known)]
    count = f"{len(known)} drawing{'s' if len(known) != 1 else ''} to teach"
    if not missing:
        return f"{count}, with every class among them."
    return f"{count}. Still to draw: {escape(', '.join(missing))}."


def _teach(run: Run, classes: tuple[str, ...]) -> None:
    """Teach a copy of the run, and draw the whole page anew with it."""
    store = resources.store()
    with st.spinner("Teaching a copy of the run your handwriting …"):
        result = teaching.teach(store, run.id, store.drawings.examples(classes))
    st.session_state[TEACHING_RESULT] = result
    selection.select_run(result.run)
    st.rerun()


def _result(run: Run) -> None:
    result: TeachingResult | None = st.session_state.get(TEACHING_RESULT)
    if result is None or result.run != run.id:
        return
    with st.container(border=True, key="taught"):
        drawings = f"{result.drawings} drawing{'s' if result.drawings != 1 else ''}"
        st.markdown(f"**A new run, taught {drawings} of yours.** The old run is still there.")
        row = st.container(horizontal=True)
        row.metric(
            "Your drawings, each held out",
            f"{result.after:.0%}",
            **_points(result.after - result.before, 0),
            help="Each drawing is predicted by a network that was taught only the others.",
        )
        row.metric(
            "Test pictures",
            f"{result.test_after:.2%}",
            **_points(result.test_after - result.test_before, 2),
            help="Accuracy on the test pictures of the run's dataset: what teaching costs.",
        )


def _points(change: float, digits: int) -> dict[str, Any]:
    """A change of a share in points; no change is neither good nor bad."""
    points = round(change * 100, digits)
    if not points:
        return {"delta": "no change", "delta_color": "off", "delta_arrow": "off"}
    return {"delta": f"{points:+.{digits}f} points"}
