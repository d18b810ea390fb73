"""How fast do the pages answer? The real app is driven in a real Chromium, and watched.

Seconds are from the event (a click, a key, the pen leaving the paper) to what it changes on the
screen, as the browser sees it; 95 of 100 are at most the figure called p95.
"""

import itertools
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
import psutil
import torch
from playwright.sync_api import Browser, Page

from scratchmlp.bench import Line, draw_page
from scratchmlp.bench.browser import ROOT, App, browser, chromium, link_cache, seconds_taken, watch
from scratchmlp.errors import UserError
from scratchmlp.images import datasets
from scratchmlp.images.strokes import Strokes
from scratchmlp.insight import evaluation
from scratchmlp.runs import checkpoint
from scratchmlp.runs.store import Run, Store

LONG = {"epochs": "1000", "batch_size": "64"}  # a run that outlasts any measurement
WATCHED_SECONDS = 20
LOOK = 1000  # milliseconds between two looks of the page at a run


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


def run(times: int = 50) -> Iterator[Line]:
    """Measure every page, `times` events of each kind."""
    yield Line({"bench": "pages", "times": times}, _HEADING)
    with _lab() as lab:
        for measure in MEASURES:
            yield from measure(lab, times)


_HEADING = f"{'seconds until it is on the screen':44} {'median':>8} {'p95':>8} {'goal':>8}"


def _told(what: str, taken: list[float], goal: float) -> Line:
    median, p95 = float(np.median(taken)), float(np.percentile(taken, 95))
    record = {"bench": "pages", "what": what, "median": median, "p95": p95, "goal": goal}
    return Line(record, f"{what:44} {median:8.3f} {p95:8.3f} {goal:8.2f}")


def _told_once(what: str, value: float, goal: float, unit: str) -> Line:
    record = {"bench": "pages", "what": what, "value": value, "goal": goal, "unit": unit}
    return Line(record, f"{what:44} {value:8.1f} {'':8} {goal:8.0f} {unit}")


@contextmanager
def _lab() -> Iterator[Lab]:
    program = chromium()
    if program is None:
        raise UserError("bench pages needs a Chromium: install Debian's package chromium.")
    datasets.load("mnist")
    with tempfile.TemporaryDirectory() as folder, browser(program) as chrome:
        home = Path(folder) / "home"
        link_cache(datasets.home() / "cache", home)
        _train_in_terminal(home)
        store, app = Store(f"sqlite:///{home / 'runs.db'}"), App(home)
        try:
            yield Lab(app, chrome, store, store.run("latest"))
        finally:
            app.close()
            store.close()


def _train_in_terminal(home: Path, *options: str) -> None:
    command = [sys.executable, "-m", "scratchmlp", "train", "--json", *options]
    own = os.environ | {"SCRATCHMLP_HOME": str(home)}
    own.pop("SCRATCHMLP_DB", None)
    subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.DEVNULL)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# --- Evaluate -----------------------------------------------------------------------------------


def predictions(lab: Lab, times: int) -> Iterator[Line]:
    network = checkpoint.loads(lab.store.checkpoint(lab.run.id))
    images = torch.from_numpy(datasets.load("mnist").test.images)
    test = datasets.load("mnist").test
    taken = [_timed(lambda: network.logits(images)) for _ in range(times)]
    yield _told("Evaluate: predictions on 10,000 pictures", taken, 0.2)
    taken = [_timed(lambda: evaluation.answer(network, test)) for _ in range(times)]
    yield _told("Evaluate: their table, with probabilities", taken, 0.2)


def first_picture(lab: Lab, times: int) -> Iterator[Line]:
    """From the address to the first thumbnail: by a new browser, and by one that was here before.

    The first of all finds a server that has only just started.
    """
    path, first = f"/evaluate?run={lab.run.id}", ".st-key-gallery button[aria-label^='Picture']"

    def visit() -> None:
        with lab.tab(path) as page:
            page.wait_for_selector(first)

    yield _told("Evaluate: first picture, a server just started", [_timed(visit)], 1.5)
    new = [_timed(visit) for _ in range(max(5, times // 5))]
    yield _told("Evaluate: first picture, a new browser", new, 1.5)
    with lab.tab(path) as page:
        page.wait_for_selector(first)

        def again() -> None:
            page.reload(wait_until="commit")
            page.wait_for_selector(first)

        known = [_timed(again) for _ in range(max(5, times // 5))]
    yield _told("Evaluate: first picture, a known browser", known, 1.5)


def cell_to_gallery(lab: Lab, times: int) -> Iterator[Line]:
    table = evaluation.answer(
        checkpoint.loads(lab.store.checkpoint(lab.run.id)), datasets.load("mnist").test
    )
    pairs = table[~table["right"]].groupby(["truth", "answer"]).size().index.tolist()
    with lab.tab(f"/evaluate?run={lab.run.id}") as page:
        page.wait_for_selector(".st-key-gallery button[aria-label^='Picture']")
        taken = [_click_cell(page, *pairs[turn % len(pairs)]) for turn in range(times)]
    yield _told("Evaluate: a click on a cell to its pictures", taken, 0.5)


def _click_cell(page: Page, truth: int, answer: int) -> float:
    square = page.locator(
        f".st-key-confusion path[aria-label^='answer: {answer}; truth: {truth};']"
    )
    square.scroll_into_view_if_needed()
    box = square.bounding_box()
    assert box
    this = f"[aria-label*='truth {truth} '][aria-label*='answer {answer} ']"
    only_these = f".st-key-gallery .grid:has(> button):not(:has(> button:not({this})))"
    began = time.perf_counter()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(only_these)
    return time.perf_counter() - began


# --- Train --------------------------------------------------------------------------------------


@contextmanager
def _training(lab: Lab) -> Iterator[Page]:
    """A tab that watches a run while it trains."""
    query = "&".join(f"{name}={value}" for name, value in LONG.items())
    with lab.tab(f"/?{query}") as page:
        page.locator(".st-key-train button").click()
        page.wait_for_selector(".st-key-accuracy_chart svg.marks")
        yield page
        page.locator(".st-key-stop button").click()
        page.wait_for_selector(".st-key-run :text('stopped')")


def streaming(lab: Lab, times: int) -> Iterator[Line]:
    """What a page that watches a run costs: bytes an update, and its process's share of a core."""
    with _training(lab) as page:
        got: list[tuple[float, int]] = []
        requests = page.context.new_cdp_session(page)
        requests.send("Network.enable")
        requests.on(
            "Network.webSocketFrameReceived",
            lambda event: got.append((event["timestamp"], _size(event["response"]))),
        )
        requests.on(
            "Network.loadingFinished",
            lambda event: got.append((event["timestamp"], int(event["encodedDataLength"]))),
        )
        server = psutil.Process(lab.app.process.pid)
        before, began = server.cpu_times(), time.monotonic()
        page.wait_for_timeout(WATCHED_SECONDS * 1000)
        after, seconds = server.cpu_times(), time.monotonic() - began
    busy = after.user + after.system - before.user - before.system
    yield _told_once("Train: the page's own work", 100 * busy / seconds, 15, "% of a core")
    updates = np.array(_by_look(got)) / 1000
    yield _told_once("Train: an update, the mean", float(updates.mean()), 60, "kB")
    yield _told_once("Train: an update, the largest", float(updates.max()), 60, "kB")


def _size(frame: dict) -> int:
    """Bytes of a frame; a binary one is told as base64."""
    text = frame["payloadData"]
    return len(text) * 3 // 4 if frame["opcode"] == 2 else len(text)


def _by_look(got: list[tuple[float, int]]) -> list[int]:
    """Bytes that came from one look of the page to the next."""
    first, last = got[0][0], got[-1][0]
    sums = [0] * (int(1000 * (last - first) / LOOK) + 1)
    for at, size in got:
        sums[int(1000 * (at - first) / LOOK)] += size
    return sums


def controls(lab: Lab, times: int) -> Iterator[Line]:
    """From pressing another optimiser to the page saying that it differs from the recipe."""
    with _training(lab) as page:
        watch(page, "mousedown", ".st-key-changes")
        buttons, taken = page.locator(".st-key-optimizer button"), []
        for turn in range(times):
            buttons.filter(has_text=("sgd", "momentum")[turn % 2]).click()
            taken.append(seconds_taken(page))
            page.wait_for_timeout(300 + 137 * turn % LOOK)  # at any moment between two looks
    yield _told("Train: a control, while a net trains", taken, 0.3)


def against_terminal(lab: Lab, times: int) -> Iterator[Line]:
    """The same run from the terminal, from a page that nobody looks at, and from one that is open.

    Seconds from the run's start to its end, 16 epochs of `modern`, in turns.
    """
    taken: dict[str, list[float]] = {"terminal": [], "alone": [], "watched": []}
    for _ in range(max(1, times // 10)):
        _train_in_terminal(lab.app.home, "--epochs", "16")
        taken["terminal"].append(_end(lab))
        with lab.tab("/?epochs=16") as page:
            _start(lab, page)
        taken["alone"].append(_end(lab))
        with lab.tab("/?epochs=16") as page:
            _start(lab, page)
            taken["watched"].append(_end(lab))
    for name, words, goal in (("alone", "nobody watching", 1.25), ("watched", "watched", 1.6)):
        ratios = [a / b for a, b in zip(taken[name], taken["terminal"], strict=True)]
        yield _told(f"Train: a run, {words}, to the terminal's", ratios, goal)


def _start(lab: Lab, page: Page) -> None:
    page.locator(".st-key-train button").click()
    while not lab.store.run("latest").is_live:
        page.wait_for_timeout(20)


def _end(lab: Lab) -> float:
    while (run := lab.store.run("latest")).ended is None:
        time.sleep(0.1)
    return run.ended - (run.started or run.ended)


# --- Draw ---------------------------------------------------------------------------------------


def answers(lab: Lab, times: int) -> Iterator[Line]:
    """From the pen leaving the paper to the answer, alone and beside a run that trains."""
    url = f"{lab.app.url}/draw?run={lab.run.id}"
    with lab.tab("/draw") as page:
        yield _told("Draw: the answer", _answer_times(page, url, times), 0.4)
    with _training(lab), lab.tab("/draw") as page:
        yield _told("Draw: the answer, while a net trains", _answer_times(page, url, times), 0.6)


def _answer_times(page: Page, url: str, times: int) -> list[float]:
    drawings = itertools.islice(itertools.cycle(DIGITS), times)
    return list(draw_page.answer_times(page, url, drawings))


# A 1, a 7, a 0 and a 2 in one stroke each, on a square of side 1.
DIGITS: list[Strokes] = [
    [[(0.4, 0.2), (0.5, 0.0), (0.5, 1.0)]],
    [[(0.1, 0.0), (0.8, 0.0), (0.4, 1.0)]],
    [[(0.5, 0.0), (0.2, 0.25), (0.2, 0.75), (0.5, 1.0), (0.8, 0.75), (0.8, 0.25), (0.5, 0.0)]],
    [[(0.2, 0.2), (0.5, 0.0), (0.8, 0.25), (0.5, 0.6), (0.15, 1.0), (0.9, 1.0)]],
]

MEASURES = (
    predictions,
    first_picture,
    cell_to_gallery,
    against_terminal,
    streaming,
    controls,
    answers,
)
