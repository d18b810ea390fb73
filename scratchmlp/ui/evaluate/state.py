"""What Evaluate shows: one frozen state, read from the address and written to it.

Each field of `State` is a parameter of the address, except where it has its default. A link, a
reload, Back and Forward so show the same again. The run is shared with other pages, see
`ui/selection.py`; here it has a copy, so that one message writes the whole address.

A value that cannot be read, or that does not exist on this page, is left out with a sentence.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from scratchmlp.analysis import evaluation
from scratchmlp.ui import links, selection, session
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.session import EVALUATED, REVEALED

PAGE_SIZES = 24, 60, 120, 240
PROJECTIONS = {"pca": "PCA", "tsne": "t-SNE"}
ORDERS = {name.replace(" ", "-"): name for name in evaluation.GALLERY_ORDERS}
LISTS = "fixed", "broken"  # of Compare
Area = tuple[float, float, float, float]  # of the embedding map: left, right, low, high


@dataclass(frozen=True)
class State:
    """The fields have the names of the parameters."""

    run: str = ""
    dataset: str = ""  # "": the run's own
    split: str = ""  # "": test, or validation while the run trains
    view: str = ""  # "": the first
    truth: str = ""  # a class's name; "": any
    prediction: str = ""
    percent: bool = False  # the matrix shows shares in place of counts
    by_errors: bool = False  # the matrix begins with the class that has most errors
    projection: str = "pca"  # of the embedding map
    area: Area | None = None
    order: str = next(iter(ORDERS))
    confidence: tuple[int, int] = (0, 100)  # percent
    correct: bool = False  # correct predictions are shown too
    mislabelled: bool = False  # only pictures whose label is known to be wrong
    page: int = 1
    page2: int = 1  # of the second gallery, where a view has two
    size: int = 60  # pictures on a page
    compare: str = ""  # the id of the run to compare with
    opened_from: str = ""  # the list of Compare that the picture is from; "": the gallery
    sample: int | None = None  # the picture that is open


DEFAULT = State()
NAMES = [field.name for field in fields(State)]
FILTERS = {"truth", "prediction", "area", "confidence", "correct", "mislabelled", "order", "size"}


def read(followed: bool) -> None:
    """Take the state from the address, if the visitor follows it.

    The address of another page does not say what to show here. Then the state stays.
    """
    params = st.query_params.to_dict()
    is_new = EVALUATED not in st.session_state
    if followed and (is_new or "run" in params):
        st.session_state[EVALUATED], errors = parsed(params)
        for error in errors:
            st.warning(error, icon=":material/link_off:")


def parsed(params: Mapping[str, str]) -> tuple[State, list[str]]:
    """The state that these parameters mean, and a sentence for each that cannot be read."""
    values, errors = {}, []
    for name in NAMES:
        if name in params:
            try:
                values[name] = READERS.get(name, _name)(params[name])
            except (ValueError, KeyError):
                errors.append(f"The link's {name} is not one that this page knows.")
    state = State(**values)
    if state.compare and "view" not in params:
        state = replace(state, view="compare")
    return state, errors


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
    wanted = parameters(now())
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def parameters(state: State) -> dict[str, str]:
    """The parameters of the address that mean this state."""
    return {
        name: _text(getattr(state, name))
        for name in NAMES
        if getattr(state, name) != getattr(DEFAULT, name)
    }


def refuse(name: str, sentence: str) -> None:
    """Say that the state asks for what is not there, and leave it out."""
    st.warning(sentence, icon=":material/link_off:")
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


# --- values as text -------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(f"{number:.4g}" for number in value)
    return str(value)


def _name(text: str) -> str:
    """A name of a run, a dataset or a class; the page checks whether it exists."""
    if len(text) > 300 or not text.isprintable():
        raise ValueError(text)
    return text


def _compared(text: str) -> str:
    return next(iter(links.compared(text, 1)), "")


def _flag(text: str) -> bool:
    return {"0": False, "1": True}[text]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def _page(text: str) -> int:
    return max(1, _count(text))


def _confidence(text: str) -> tuple[int, int]:
    low, high = map(_count, text.split(","))
    if not low <= high <= 100:
        raise ValueError(text)
    return low, high


def _area(text: str) -> Area:
    left, right, low, high = map(float, text.split(","))
    if not all(map(math.isfinite, (left, right, low, high))):
        raise ValueError(text)
    return left, right, low, high


def rounded(area: Area) -> Area:
    """As the address says it, so that a link marks the same pictures."""
    return _area(_text(area))


def _one_of(*options: Any) -> Callable[[str], Any]:
    return {str(option): option for option in options}.__getitem__


READERS: dict[str, Callable[[str], Any]] = {
    "percent": _flag,
    "by_errors": _flag,
    "projection": _one_of(*PROJECTIONS),
    "area": _area,
    "order": _one_of(*ORDERS),
    "confidence": _confidence,
    "correct": _flag,
    "mislabelled": _flag,
    "page": _page,
    "page2": _page,
    "compare": _compared,
    "size": _one_of(*PAGE_SIZES),
    "opened_from": _one_of(*LISTS),
    "sample": _count,
}
