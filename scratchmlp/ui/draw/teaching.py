"""A visitor's hand: "It was a …" keeps a drawing, a slot for each digit, and Teach."""

from typing import Any

import numpy as np
import streamlit as st

from scratchmlp.analysis.prediction import Prediction
from scratchmlp.net.network import Network
from scratchmlp.runs import teaching
from scratchmlp.runs.drawings import Drawing
from scratchmlp.runs.store import Run
from scratchmlp.runs.teaching import TeachingResult
from scratchmlp.ui import session, thumbnails
from scratchmlp.ui.draw.ink_input import Drawn
from scratchmlp.ui.draw.prediction import Read
from scratchmlp.ui.predictions import RUN
from scratchmlp.ui.thumbnails import Item

TAUGHT = "taught"  # what teaching did, of the run it made
NEW = "taught_run"  # its id, until all of the page is drawn anew with it
EMPTY = np.zeros((28, 28), dtype=np.uint8)


def begin() -> None:
    """Choose the run that has just been taught: before its control is drawn, else that wins."""
    if NEW in st.session_state:
        st.session_state[RUN] = st.session_state.pop(NEW)


def show(run: Run, network: Network, drawn: Drawn, said: Read) -> None:
    """Slots to keep the drawing in, and the button that teaches them."""
    kept = session.store().drawings.all()
    _slots(network.classes, kept, drawn, said)
    known = [d for d in kept if d.label in network.classes]
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
    _taught(run)


def _slots(classes: tuple[str, ...], kept: list[Drawing], drawn: Drawn, said: Read) -> None:
    single = said.digits[0] if len(said.digits) == 1 else None
    same = None if single is None else _same(kept, single)
    st.markdown(_heading(said, same))
    items, images = [], []
    for at, name in enumerate(classes):
        ours = [d for d in kept if d.label == name]
        items.append(_slot(at, name, len(ours), same is not None and same.label == name))
        images.append(ours[0].image if ours else EMPTY)

    def press(at: int) -> None:
        with session.errors_shown():
            _keep(classes[at], drawn, single, same)

    with st.container(key="slots"):
        thumbnails.show(
            "slots_thumbnails", np.stack(images), items, press, width=60, enabled=single is not None
        )


def _heading(said: Read, same: Drawing | None) -> str:
    if len(said.digits) > 1:
        return "**It was a …** (draw one digit at a time to keep it)"
    if same is not None:
        return f"**Kept as a {same.label}.** Press another to change that, or clear for the next."
    return "**It was a …** (press what you drew, and it is kept to teach from)"


def _slot(at: int, name: str, n: int, is_this: bool) -> Item:
    words = f"{n} kept" if n else "none yet"
    return {
        "index": at,
        "words": name,
        "small": words,
        "label": f"It was a {name}: {words}",
        "pressed": is_this,
        "empty": not n,
    }


def _same(kept: list[Drawing], single: Prediction) -> Drawing | None:
    """The drawing that is kept of just this picture."""
    return next((d for d in kept if np.array_equal(d.image, single.image)), None)


def _keep(label: str, drawn: Drawn, single: Prediction | None, same: Drawing | None) -> None:
    drawings = session.store().drawings
    if single is None:
        return
    if same is not None:
        drawings.relabel(same.id, label)
    else:
        drawings.add(label, single.image, drawn.strokes)


def _invitation(run: Run, classes: tuple[str, ...], known: list[Drawing]) -> str:
    if run.is_live:
        return "This run is still training: teach it when it has finished."
    if not known:
        return "Draw each digit once and press what it was. Teach then trains a copy on them."
    missing = [name for name in classes if all(d.label != name for d in known)]
    count = f"{len(known)} drawing{'s' if len(known) != 1 else ''} to teach"
    if not missing:
        return f"{count}, every digit among them."
    return f"{count}. Still to draw: {', '.join(missing)}."


def _teach(run: Run, classes: tuple[str, ...]) -> None:
    """Teach, and show all of the page anew with the run that came of it."""
    store = session.store()
    with st.spinner("Teaching a copy of it your hand …"):
        taught = teaching.teach(store, run.id, store.drawings.examples(classes))
    st.session_state[TAUGHT], st.session_state[NEW] = taught, taught.run
    st.rerun()


def _taught(run: Run) -> None:
    told: TeachingResult | None = st.session_state.get(TAUGHT)
    if told is None or told.run != run.id:
        return
    with st.container(border=True, key="taught"):
        drawings = f"{told.drawings} drawing{'s' if told.drawings != 1 else ''}"
        st.markdown(f"**A new run, taught {drawings} of your hand.** The old one is still there.")
        row = st.container(horizontal=True)
        row.metric(
            "Your drawings, each held out",
            f"{told.after:.0%}",
            **_points(told.after - told.before, 0),
            help="Each drawing is answered by a network that was taught only the others.",
        )
        row.metric(
            "Test pictures",
            f"{told.test_after:.2%}",
            **_points(told.test_after - told.test_before, 2),
            help="The test pictures of the dataset it learned from: what teaching cost.",
        )


def _points(change: float, digits: int) -> dict[str, Any]:
    """A change of a share; one that is none is neither good nor bad."""
    points = round(change * 100, digits)
    if not points:
        return {"delta": "no change", "delta_color": "off", "delta_arrow": "off"}
    return {"delta": f"{points:+.{digits}f} points"}
