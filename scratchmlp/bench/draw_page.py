"""How long from the pen leaving the canvas to the answer on the screen, in a real browser.

`page` is Playwright's; nothing here imports it, so that the benchmark starts without it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from scratchmlp.images import strokes
from scratchmlp.images.strokes import Strokes

# `up` is when the mouse button was last let go, `at` when the answer had changed and was painted.
WATCH = """() => {
  const said = () => document.querySelector('.st-key-prediction')?.innerText ?? ''
  window.pen = { up: 0, at: 0, before: '' }
  addEventListener('mouseup', () => {
    window.pen = { up: performance.now(), at: 0, before: said() }
  }, true)
  new MutationObserver(() => {
    if (window.pen.up && !window.pen.at && said() !== window.pen.before)
      requestAnimationFrame(() => { window.pen.at ||= performance.now() })
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


def draw(page: Any, lines: Strokes, at: float = 0.5, size: float = 0.6) -> None:
    """Draw with the mouse, centred `at` that share of the canvas's width and so large."""
    for stroke in on_screen(page, lines, at, size):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(x, y)
        page.mouse.up()


def on_screen(page: Any, lines: Strokes, at: float = 0.5, size: float = 0.6) -> Strokes:
    """The strokes where they lie on the screen."""
    canvas = page.locator(".st-key-canvas canvas").last
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle = box["x"] + at * box["width"], box["y"] + box["height"] / 2
    return strokes.placed(lines, size * box["width"], middle)


def answer_times(page: Any, url: str, drawings: Iterable[Strokes]) -> Iterator[float]:
    """Milliseconds from the last stroke's end to the answer; the sheet is cleared after each.

    The page is open for as long as the times are read: for those of a page beside a training run,
    start that before.
    """
    page.goto(url)
    page.locator(".st-key-prediction").wait_for()
    page.evaluate(WATCH)
    for lines in drawings:
        draw(page, lines)
        page.wait_for_function("window.pen.at > 0")
        yield float(page.evaluate("window.pen.at - window.pen.up"))
        page.locator(".st-key-clear button").click()
        page.locator(".st-key-prediction .empty").wait_for()
