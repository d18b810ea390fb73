"""The views of an evaluation. One is open at a time, and only that one is drawn."""

from collections.abc import Callable
from functools import partial

from scratchmlp.runs.store import Run
from scratchmlp.ui import layout, session
from scratchmlp.ui.evaluate import (
    calibration,
    comparison,
    downloads,
    explorer,
    label_errors,
    state,
)
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.session import EVALUATE_TABS

# The run, its predictions, and all runs that have a checkpoint by their ids.
View = Callable[[Run, Predictions, dict[str, Run]], None]

VIEWS: dict[str, View] = {
    "Errors": explorer.show_errors,
    "Map": explorer.show_map,
    "Confidence": calibration.show,
    comparison.TITLE: comparison.show,
    "Label errors": label_errors.show,
    "Export": downloads.show,
}


def in_address(title: str) -> str:
    """What the address calls a view, for example "label-errors"."""
    return title.lower().replace(" ", "-")


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    titles = {in_address(title): title for title in VIEWS}
    if state.now().view not in titles:
        state.refuse("view", "The link's view is not one of this page.")
    views = {title: partial(view, run, predictions, runs) for title, view in VIEWS.items()}
    opened = titles[state.now().view]
    tabs = session.synced_widget(
        EVALUATE_TABS, opened, lambda title: state.change(view=in_address(title))
    )
    layout.show_tabs(EVALUATE_TABS, views, default=opened, **tabs)
