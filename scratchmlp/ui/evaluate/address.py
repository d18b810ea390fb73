"""What Evaluate shows, as one frozen state, and the address that says the same.

Each field of `State` is a parameter of the address, except where it has its default. So a link, a
reload, Back and Forward show the same again.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from scratchmlp.analysis import evaluation
from scratchmlp.ui import links

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
    view: str = "errors"
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


def parameters(state: State) -> dict[str, str]:
    """The parameters of the address that mean this state."""
    named = {name for name in NAMES if getattr(state, name) != getattr(DEFAULT, name)}
    if state.compare:  # alone it opens Compare
        named.add("view")
    return {name: _text(getattr(state, name)) for name in NAMES if name in named}


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
