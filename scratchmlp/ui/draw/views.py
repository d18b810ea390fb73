"""The views of a drawing. One is open at a time, and only that one is drawn."""

from collections.abc import Callable
from functools import partial

from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import layout
from scratchmlp.ui.draw import all_runs, drawings, lit_network, prediction, reasons
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.draw.prediction import NumberPrediction
from scratchmlp.ui.session import DRAW_VIEW

# The run, its network, what is drawn, and what the network predicts for it.
View = Callable[[Run, Network, InkInput, NumberPrediction], None]

VIEWS: dict[str, View] = {
    "Preprocessing": prediction.show_stages,
    "Network": lit_network.show,
    "Why": reasons.show,
    "All runs": all_runs.show,
    "My drawings": drawings.show,
}


def show(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    views = {title: partial(view, run, network, drawn, predicted) for title, view in VIEWS.items()}
    layout.show_tabs(DRAW_VIEW, views)
