"""How long from the pen leaving the canvas to the answer on the screen, in a real browser."""

from collections.abc import Iterable, Iterator

from playwright.sync_api import Page

from scratchmlp.bench.browser import seconds_taken, watch
from scratchmlp.images import strokes
from scratchmlp.images.strokes import Strokes


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
    return strokes.placed(lines, size * box["width"], middle)


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
