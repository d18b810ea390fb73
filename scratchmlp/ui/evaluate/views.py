"""The views of an evaluation. One is open at a time, and only that one is drawn."""

from collections.abc import Callable
from functools import partial

from scratchmlp.runs.store import Run
from scratchmlp.ui import layout
from scratchmlp.ui.evaluate import calibration, comparison, downloads, explorer, label_errors
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.session import EVALUATE_VIEW

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


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    views = {title: partial(view, run, predictions, runs) for title, view in VIEWS.items()}
    layout.show_tabs(EVALUATE_VIEW, views)
