"""How long from the pen leaving the canvas to the answer on the screen, in a real browser."""

import itertools
from collections.abc import Iterable, Iterator

from playwright.sync_api import Page

from scratchmlp.bench import Line
from scratchmlp.bench.browser import seconds_taken, watch
from scratchmlp.bench.lab import Lab, told
from scratchmlp.bench.train_page import training
from scratchmlp.ink import strokes
from scratchmlp.ink.strokes import Strokes


def draw(page: Page, lines: Strokes, at: float = 0.5, size: float = 0.6) -> None:
    """Draw with the mouse, centred `at` that share of the canvas's width and so large."""
    for stroke in on_screen(page, lines, at, size):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(x, y)
        page.mouse.up()


def on_screen(page: Page, lines: Strokes, at: float = 0.5, size: float = 0.6) -> Strokes:
    """The strokes where they lie on the screen."""
    canvas = page.locator(".st-key-canvas canvas").last
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    middle = box["x"] + at * box["width"], box["y"] + box["height"] / 2
    return strokes.place(lines, size * box["width"], middle)


def answer_times(page: Page, url: str, drawings: Iterable[Strokes]) -> Iterator[float]:
    """Seconds from the last stroke's end to the answer; the sheet is cleared after each.

    The page is open for as long as the times are read: for those of a page beside a training run,
    start that before.
    """
    page.goto(url)
    page.locator(".st-key-prediction").wait_for()
    watch(page, "mouseup", ".st-key-prediction")
    for lines in drawings:
        draw(page, lines)
        yield seconds_taken(page)
        page.locator(".st-key-clear button").click()
        page.locator(".st-key-prediction .empty").wait_for()


def answers(lab: Lab, times: int) -> Iterator[Line]:
    """From the pen leaving the paper to the answer, alone and beside a run that trains."""
    url = f"{lab.app.url}/draw?run={lab.run.id}"
    with lab.tab("/draw") as page:
        yield told("Draw: the answer", _answer_times(page, url, times), 0.4)
    with training(lab), lab.tab("/draw") as page:
        yield told("Draw: the answer, while a net trains", _answer_times(page, url, times), 0.6)


def _answer_times(page: Page, url: str, times: int) -> list[float]:
    drawings = itertools.islice(itertools.cycle(DIGITS), times)
    return list(answer_times(page, url, drawings))


# A 1, a 7, a 0 and a 2 in one stroke each, on a square of side 1.
DIGITS: list[Strokes] = [
    [[(0.4, 0.2), (0.5, 0.0), (0.5, 1.0)]],
    [[(0.1, 0.0), (0.8, 0.0), (0.4, 1.0)]],
    [[(0.5, 0.0), (0.2, 0.25), (0.2, 0.75), (0.5, 1.0), (0.8, 0.75), (0.8, 0.25), (0.5, 0.0)]],
    [[(0.2, 0.2), (0.5, 0.0), (0.8, 0.25), (0.5, 0.6), (0.15, 1.0), (0.9, 1.0)]],
]
