"""Measures how fast the pages respond: the real app in a real Chromium.

Seconds are from an event (a click, a key, the end of a stroke) to the change that it makes on the
screen, as the browser sees it. 95 of 100 times are at most p95.
"""

from collections.abc import Iterator

from scratchmlp.bench import Line
from scratchmlp.bench.draw_page import predictions as drawing_predictions
from scratchmlp.bench.environment import open_environment
from scratchmlp.bench.evaluate_page import (
    cell_to_gallery,
    first_picture,
    next_picture,
    predictions,
)
from scratchmlp.bench.first_visit import first_net, first_visit
from scratchmlp.bench.train_page import against_terminal, controls, first_step, streaming

MEASURES = (
    predictions,
    first_picture,
    cell_to_gallery,
    next_picture,
    first_step,
    against_terminal,
    streaming,
    controls,
    drawing_predictions,
    first_visit,
    first_net,
)


def run(times: int = 50) -> Iterator[Line]:
    """Measure every page, `times` events of each kind."""
    yield Line({"bench": "pages", "times": times}, _HEADING)
    with open_environment() as environment:
        for measure in MEASURES:
            yield from measure(environment, times)


_HEADING = f"{'seconds until it is on the screen':44} {'median':>8} {'p95':>8} {'goal':>8}"
