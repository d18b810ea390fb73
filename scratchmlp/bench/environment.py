"""What the benchmarks of the pages share: an app with a trained run, a browser, lines of output."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Browser, Page

from scratchmlp import paths
from scratchmlp.bench import Line
from scratchmlp.bench.browser import browser, chromium
from scratchmlp.bench.server import App, link_cache, train_in_terminal
from scratchmlp.data import datasets
from scratchmlp.errors import UserError
from scratchmlp.runs.store import Run, Store


class Environment(NamedTuple):
    """The app with a finished run of `modern` on MNIST, and a browser."""

    app: App
    browser: Browser
    store: Store
    run: Run

    @contextmanager
    def tab(self, path: str) -> Iterator[Page]:
        """A new tab that opens this path of the app."""
        with open_tab(self.browser, self.app.url + path) as page:
            yield page


@contextmanager
def open_tab(browser: Browser, url: str) -> Iterator[Page]:
    """A new tab, with cookies and a cache of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(120_000)  # milliseconds; a machine may be busy
    page.goto(url, wait_until="commit")
    yield page
    context.close()


@contextmanager
def open_environment() -> Iterator[Environment]:
    program = chromium()
    if program is None:
        raise UserError("bench pages needs Chromium: install Debian's package chromium.")
    datasets.load("mnist")
    with tempfile.TemporaryDirectory() as folder, browser(program) as chrome:
        home = Path(folder) / "home"
        link_cache(paths.cache(), home)
        train_in_terminal(home)
        store, app = Store(f"sqlite:///{home / 'runs.db'}"), App(home)
        try:
            yield Environment(app, chrome, store, store.run("latest"))
        finally:
            app.close()
            store.close()


def seconds_of(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def timing_line(what: str, seconds: list[float], goal: float) -> Line:
    median, p95 = float(np.median(seconds)), float(np.percentile(seconds, 95))
    record = {"bench": "pages", "what": what, "median": median, "p95": p95, "goal": goal}
    return Line(record, f"{what:44} {median:8.3f} {p95:8.3f} {goal:8.2f}")


def value_line(what: str, value: float, goal: float, unit: str) -> Line:
    record = {"bench": "pages", "what": what, "value": value, "goal": goal, "unit": unit}
    return Line(record, f"{what:44} {value:8.1f} {'':8} {goal:8.0f} {unit}")
