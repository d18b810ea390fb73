"""Measures Draw: the time from the end of a stroke to the prediction, in a real browser."""

import itertools
from collections.abc import Iterable, Iterator

from playwright.sync_api import Page

from scratchmlp.bench import Line
from scratchmlp.bench.browser import seconds_taken, watch
from scratchmlp.bench.digit_strokes import DIGITS
from scratchmlp.bench.environment import Environment, timing_line
from scratchmlp.bench.train_page import training
from scratchmlp.ink import strokes
from scratchmlp.ink.strokes import Strokes


def draw(page: Page, lines: Strokes, at: float = 0.5, size: float = 0.6) -> None:
    """Draw with the mouse. `at` is the centre and `size` the side, as shares of the width."""
    for stroke in on_screen(page, lines, at, size):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(x, y)
        page.mouse.up()


def on_screen(page: Page, lines: Strokes, at: float = 0.5, size: float = 0.6) -> Strokes:
    """The strokes in pixels of the screen."""
    canvas = page.locator(".st-key-canvas canvas").last
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    middle = box["x"] + at * box["width"], box["y"] + box["height"] / 2
    return strokes.place(lines, size * box["width"], middle)


def prediction_times(page: Page, url: str, drawings: Iterable[Strokes]) -> Iterator[float]:
    """Seconds from the end of each drawing's last stroke to its prediction.

    The canvas is cleared after each drawing. To measure the page while a run trains, start the run
    before.
    """
    page.goto(url)
    page.locator(".st-key-prediction").wait_for()
    watch(page, "mouseup", ".st-key-prediction")
    for lines in drawings:
        draw(page, lines)
        yield seconds_taken(page)
        page.locator(".st-key-clear button").click()
        page.locator(".st-key-prediction .empty").wait_for()


def predictions(environment: Environment, times: int) -> Iterator[Line]:
    """From the end of a drawing to its prediction, without and with a run that trains."""
    url = f"{environment.app.url}/draw?run={environment.run.id}"
    with environment.tab("/draw") as page:
        yield timing_line("Draw: the answer", _prediction_times(page, url, times), 0.4)
    with training(environment), environment.tab("/draw") as page:
        yield timing_line(
            "Draw: the answer, while a net trains", _prediction_times(page, url, times), 0.3
        )


def _prediction_times(page: Page, url: str, times: int) -> list[float]:
    drawings = itertools.islice(itertools.cycle(DIGITS), times)
    return list(prediction_times(page, url, drawings))
