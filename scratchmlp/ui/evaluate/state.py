"""What this visitor looks at on Evaluate: read from the address, and written to it.

The run is shared with other pages, see `ui/selection.py`; here it has a copy, so that one message
writes the whole address. What the address asks for and cannot have is left out with a sentence.
"""

from dataclasses import replace
from typing import Any

import streamlit as st

from scratchmlp.ui import selection, session
from scratchmlp.ui.evaluate import address
from scratchmlp.ui.evaluate.address import DEFAULT, NAMES, State
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.session import EVALUATED, REVEALED

FILTERS = {"truth", "prediction", "area", "confidence", "correct", "mislabelled", "order", "size"}


def read(followed: bool) -> None:
    """Take the state from the address, if the visitor follows it.

    The address of another page does not say what to show here. Then the state stays.
    """
    params = st.query_params.to_dict()
    is_new = EVALUATED not in st.session_state
    if followed and (is_new or "run" in params):
        st.session_state[EVALUATED], errors = address.parsed(params)
        for error in errors:
            st.warning(escape(error), icon=":material/link_off:")


def now() -> State:
    state: State = st.session_state.get(EVALUATED, DEFAULT)
    return state


def change(**changes: Any) -> None:
    """Change fields of the state, and the address with them.

    A gallery goes back to its first page when its pictures change. A picture is closed, and an area
    of the map is forgotten, when they would mean something else.
    """
    before = now()
    after = replace(before, **changes)
    differs = {name for name in NAMES if getattr(before, name) != getattr(after, name)}
    resets: dict[str, Any] = {}
    if differs & {"run", "dataset", "split", "projection"}:
        resets["area"] = None
    if "run" in differs and after.compare == after.run:
        resets["compare"] = before.run  # the two change places
    if differs & {"dataset", "split", "view"}:
        resets["sample"] = None
    if after.sample is None or "sample" in resets:
        resets["opened_from"] = ""
    if differs & ({"run", "dataset", "split", "view", "compare"} | FILTERS):
        resets |= {"page": 1, "page2": 1}
    fresh = {name: value for name, value in resets.items() if name not in changes}
    st.session_state[EVALUATED] = replace(after, **fresh)
    write()


def show_run(run_id: str) -> None:
    """Note the run that is shown, and let the address say all of the state."""
    selection.note_shown(run_id)
    if now().run in ("", run_id):
        st.session_state[EVALUATED] = replace(now(), run=run_id)
        write()
    else:
        change(run=run_id)


def select_run(run_id: str) -> None:
    """Show this run here and on all pages."""
    selection.select_run(run_id, in_address=False)
    change(run=run_id)


def write() -> None:
    """Let the address say the state. It is one entry in the browser's history, and only if new."""
    wanted = address.parameters(now())
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def refuse(name: str, sentence: str) -> None:
    """Say that the state asks for what is not there, and leave it out."""
    st.warning(escape(sentence), icon=":material/link_off:")
    change(**{name: getattr(DEFAULT, name)})


def check(predictions: Predictions) -> None:
    """Refuse a class or a picture that these predictions do not have."""
    for name in ("truth", "prediction"):
        if getattr(now(), name) not in ("", *predictions.classes):
            refuse(name, f"The link's {name} is not a class of this run.")
    index, n = now().sample, len(predictions.table)
    if index is not None and index >= n:
        refuse("sample", f"There is no picture {index}: the last one is number {n - 1:,}.")


def classes(predictions: Predictions) -> tuple[int | None, int | None]:
    """Labels of the truth and the prediction to show; None for any."""
    names = predictions.classes
    truth, prediction = (
        names.index(name) if name in names else None for name in (now().truth, now().prediction)
    )
    return truth, prediction


def widget(name: str, key: str = "", value: Any = None) -> dict[str, Any]:
    """Arguments of a widget that shows a field, or `value` for it, and changes it."""
    shown = getattr(now(), name) if value is None else value
    key = key or f"evaluate_{name}"
    return session.synced_widget(key, shown, lambda chosen: change(**{name: chosen}))


def reveal_gallery() -> None:
    """Scroll to the gallery if it is out of sight: what it shows was just chosen elsewhere."""
    st.session_state[REVEALED] = st.session_state.get(REVEALED, 0) + 1
