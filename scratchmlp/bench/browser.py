"""The real app, and a real Chromium to look at it with: for the browser tests and `bench pages`."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """`streamlit run app.py` on a free port, with a home of its own."""

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
        end = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end:
            try:
                with opener.open(f"{self.url}/_stcore/health", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def close(self) -> None:
        """End it at once, its workers by themselves. (Asked kindly, Streamlit takes seconds.)"""
        self.process.kill()
        self.process.wait()


def link_cache(cache: Path, home: Path) -> None:
    """Give a new home the decoded pictures of another."""
    (home / "cache").mkdir(parents=True)
    for file in cache.glob("*.safetensors"):
        (home / "cache" / file.name).symlink_to(file.resolve())


def chromium() -> str | None:
    """Where Debian's Chromium is, if it is installed."""
    return shutil.which("chromium")


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


# From the last `event` until the words in `selector` had changed and were painted.
WATCH = """([event, selector]) => {
  const said = () => document.querySelector(selector)?.textContent ?? ''
  window.watched = { from: 0, until: 0, before: '' }
  addEventListener(event, (e) => {
    window.watched = { from: e.timeStamp, until: 0, before: said() }
  }, true)
  new MutationObserver(() => {
    const now = window.watched
    if (!now.from || now.until || said() === now.before) return
    requestAnimationFrame(() => {
      const painted = new MessageChannel()
      painted.port1.onmessage = () => { now.until ||= performance.now() }
      painted.port2.postMessage(0)
    })
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


def watch(page: Page, event: str, selector: str) -> None:
    """Have the browser take the time from each event of this kind to what it changes there."""
    page.evaluate(WATCH, [event, selector])


def seconds_taken(page: Page) -> float:
    """Of the last event, once its effect is on the screen; by the browser's own clock."""
    page.wait_for_function("window.watched.until > 0")
    return float(page.evaluate("(window.watched.until - window.watched.from) / 1000"))
