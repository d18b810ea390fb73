"""Where the pages are measured: an app with a trained run, a browser, and words for figures."""

import os
import subprocess
import sys
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
from scratchmlp.bench.browser import ROOT, App, browser, chromium, link_cache
from scratchmlp.data import datasets
from scratchmlp.errors import UserError
from scratchmlp.runs.store import Run, Store


class Lab(NamedTuple):
    """The app with a finished run of `modern` on MNIST, and the browser that visits it."""

    app: App
    browser: Browser
    store: Store
    run: Run

    @contextmanager
    def tab(self, path: str) -> Iterator[Page]:
        context = self.browser.new_context(viewport={"width": 1280, "height": 1000})
        page = context.new_page()
        page.goto(self.app.url + path, wait_until="commit")
        yield page
        context.close()


@contextmanager
def open_lab() -> Iterator[Lab]:
    program = chromium()
    if program is None:
        raise UserError("bench pages needs a Chromium: install Debian's package chromium.")
    datasets.load("mnist")
    with tempfile.TemporaryDirectory() as folder, browser(program) as chrome:
        home = Path(folder) / "home"
        link_cache(paths.cache(), home)
        train_in_terminal(home)
        store, app = Store(f"sqlite:///{home / 'runs.db'}"), App(home)
        try:
            yield Lab(app, chrome, store, store.run("latest"))
        finally:
            app.close()
            store.close()


def train_in_terminal(home: Path, *options: str) -> None:
    command = [sys.executable, "-m", "scratchmlp", "train", "--json", *options]
    own = os.environ | {"SCRATCHMLP_HOME": str(home)}
    own.pop("SCRATCHMLP_DB", None)
    subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.DEVNULL)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def told(what: str, taken: list[float], goal: float) -> Line:
    median, p95 = float(np.median(taken)), float(np.percentile(taken, 95))
    record = {"bench": "pages", "what": what, "median": median, "p95": p95, "goal": goal}
    return Line(record, f"{what:44} {median:8.3f} {p95:8.3f} {goal:8.2f}")


def told_once(what: str, value: float, goal: float, unit: str) -> Line:
    record = {"bench": "pages", "what": what, "value": value, "goal": goal, "unit": unit}
    return Line(record, f"{what:44} {value:8.1f} {'':8} {goal:8.0f} {unit}")
