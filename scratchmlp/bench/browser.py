"""A real Chromium, for the browser tests and for `bench pages`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """The path of Debian's Chromium, or None if it is not installed."""
    return shutil.which("chromium")


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


# The time from the last `event` until the text of `selector` has changed and is painted; with
# `whole` until the script that changes it has ended too, and all pictures are there.
WATCH = """([event, selector, whole]) => {
  const text = () => document.querySelector(selector)?.textContent ?? ''
  const isWhole = () => [...document.images].every((image) => image.complete)
    && document.querySelector('.stApp').dataset.testScriptState === 'notRunning'
  window.watched = { from: 0, until: 0, before: '' }
  addEventListener(event, (e) => {
    window.watched = { from: e.timeStamp, until: 0, before: text() }
  }, true)
  const look = () => {
    const now = window.watched
    if (!now.from || now.until || text() === now.before || (whole && !isWhole())) return
    requestAnimationFrame(() => {
      const painted = new MessageChannel()
      painted.port1.onmessage = () => { now.until ||= performance.now() }
      painted.port2.postMessage(0)
    })
  }
  document.addEventListener('load', look, true)  // of a picture
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: whole,
  })
}"""


def watch(page: Page, event: str, selector: str, whole: bool = False) -> None:
    """Make the browser measure the time from each such event to the change of `selector`'s text.

    `whole` : until the rest of the page has changed as well.
    """
    page.evaluate(WATCH, [event, selector, whole])


def seconds_taken(page: Page) -> float:
    """The time of the last event, by the browser's clock; wait until its effect is painted."""
    page.wait_for_function("window.watched.until > 0")
    return float(page.evaluate("(window.watched.until - window.watched.from) / 1000"))
