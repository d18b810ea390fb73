"""How fast do the pages answer? The real app is driven in a real Chromium, and watched.

Seconds are from the event (a click, a key, the pen leaving the paper) to what it changes on the
screen, as the browser sees it; 95 of 100 are at most the figure called p95.
"""

from collections.abc import Iterator

from scratchmlp.bench import Line
from scratchmlp.bench.draw_page import answers
from scratchmlp.bench.evaluate_page import cell_to_gallery, first_picture, predictions
from scratchmlp.bench.lab import open_lab
from scratchmlp.bench.train_page import against_terminal, controls, first_step, streaming

MEASURES = (
    predictions,
    first_picture,
    cell_to_gallery,
    first_step,
    against_terminal,
    streaming,
    controls,
    answers,
)


def run(times: int = 50) -> Iterator[Line]:
    """Measure every page, `times` events of each kind."""
    yield Line({"bench": "pages", "times": times}, _HEADING)
    with open_lab() as lab:
        for measure in MEASURES:
            yield from measure(lab, times)


_HEADING = f"{'seconds until it is on the screen':44} {'median':>8} {'p95':>8} {'goal':>8}"
