"""The real app and a real Chromium, for the browser tests and for `bench pages`."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scratchmlp.runs.cluster import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 120
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class App:
    """`streamlit run app.py` on a free port, with its own `SCRATCHMLP_HOME`."""

    def __init__(self, home: Path) -> None:
        self.home, port = home, free_port()
        self.url = f"http://127.0.0.1:{port}"
        options = {"port": port, "address": "127.0.0.1", "headless": "true"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [f"--server.{name}={value}" for name, value in options.items()]
        environment = os.environ | {"SCRATCHMLP_HOME": str(home), "PYTHONWARNINGS": "ignore"}
        environment["NO_PROXY"] = "127.0.0.1"
        environment.pop("SCRATCHMLP_DB", None)
        self.log = home / "app.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            try:
                with opener.open(f"{self.url}/_stcore/health", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def close(self) -> None:
        """Kill the app; its workers then exit. (Streamlit takes seconds to terminate.)"""
        self.process.kill()
        self.process.wait()


def link_cache(cache: Path, home: Path) -> None:
    """Link the decoded datasets in `cache` into a new home."""
    (home / "cache").mkdir(parents=True)
    for file in cache.glob("*.safetensors"):
        (home / "cache" / file.name).symlink_to(file.resolve())


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
