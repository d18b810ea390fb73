"""How light Train is: what a look at a run costs, how soon a control answers, what a run takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psutil
from playwright.sync_api import Page

from scratchmlp.bench import Line
from scratchmlp.bench.browser import seconds_taken, watch
from scratchmlp.bench.lab import Lab, told, told_once, train_in_terminal
from scratchmlp.ui.run_status import LIVE_SECONDS

LONG = {"epochs": "1000", "batch_size": "64"}  # a run that outlasts any measurement
WATCHED_SECONDS = 20


@contextmanager
def training(lab: Lab) -> Iterator[Page]:
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
    with training(lab) as page:
        got: list[tuple[float, int]] = []
        asked: list[float] = []
        requests = page.context.new_cdp_session(page)
        requests.send("Network.enable")
        requests.on(
            "Network.webSocketFrameReceived",
            lambda event: got.append((event["timestamp"], _size(event["response"]))),
        )
        requests.on("Network.webSocketFrameSent", lambda event: asked.append(event["timestamp"]))
        requests.on(
            "Network.loadingFinished",
            lambda event: got.append((event["timestamp"], int(event["encodedDataLength"]))),
        )
        server = psutil.Process(lab.app.process.pid)
        before, began = server.cpu_times(), time.monotonic()
        page.wait_for_timeout(WATCHED_SECONDS * 1000)
        after, seconds = server.cpu_times(), time.monotonic() - began
    busy = after.user + after.system - before.user - before.system
    yield told_once("Train: the page's own work", 100 * busy / seconds, 15, "% of a core")
    updates = np.array(_by_update(got, asked)) / 1000
    yield told_once("Train: an update, the mean", float(updates.mean()), 60, "kB")
    yield told_once("Train: an update, the largest", float(updates.max()), 60, "kB")


def _size(frame: dict) -> int:
    """Bytes of a frame; a binary one is told as base64."""
    text = frame["payloadData"]
    return len(text) * 3 // 4 if frame["opcode"] == 2 else len(text)


def _by_update(got: list[tuple[float, int]], asked: list[float]) -> list[int]:
    """Bytes that came between one request of the page and the next; of the last there is a part."""
    at, size = np.array(got).T
    update = np.searchsorted(asked, at)  # 0: what was on its way before the first request
    return np.bincount(update, size, len(asked) + 1)[1:-1].astype(int).tolist()


def controls(lab: Lab, times: int) -> Iterator[Line]:
    """From pressing another optimiser to the page saying that it differs from the recipe."""
    with training(lab) as page:
        watch(page, "mousedown", ".st-key-changes")
        buttons, taken = page.locator(".st-key-optimizer button"), []
        for turn in range(times):
            buttons.filter(has_text=("sgd", "momentum")[turn % 2]).click()
            taken.append(seconds_taken(page))
            between_looks = 137 * turn % round(1000 * LIVE_SECONDS)
            page.wait_for_timeout(300 + between_looks)
    yield told("Train: a control, while a net trains", taken, 0.3)


def first_step(lab: Lab, times: int) -> Iterator[Line]:
    """From pressing Train to the run's first step being written down."""
    taken = []
    with lab.tab("/?epochs=1") as page:
        button = page.locator(".st-key-train button")
        button.wait_for()
        for _ in range(max(1, times // 3)):
            before = lab.store.run("latest").id
            began = time.perf_counter()
            button.click()
            while not _trains(lab, before):
                time.sleep(0.01)
            taken.append(time.perf_counter() - began)
            _end(lab)
            page.wait_for_selector(".st-key-run :text('finished')")
    yield told("Train: from the press to the first step", taken, 0.5)


def _trains(lab: Lab, before: str) -> bool:
    """Whether there is a run after that one, and it has taken a step."""
    run = lab.store.run("latest")
    return run.id != before and bool(lab.store.steps_since(run.id))


def against_terminal(lab: Lab, times: int) -> Iterator[Line]:
    """The same run from the terminal, from a page that nobody looks at, and from one that is open.

    Seconds from the run's start to its end, 16 epochs of `modern`, in turns.
    """
    taken: dict[str, list[float]] = {"terminal": [], "alone": [], "watched": []}
    for _ in range(max(1, times // 10)):
        train_in_terminal(lab.app.home, "--epochs", "16")
        taken["terminal"].append(_end(lab))
        with lab.tab("/?epochs=16") as page:
            _start(lab, page)
        taken["alone"].append(_end(lab))
        with lab.tab("/?epochs=16") as page:
            _start(lab, page)
            taken["watched"].append(_end(lab))
    for name, words, goal in (("alone", "nobody watching", 1.25), ("watched", "watched", 1.6)):
        ratios = [a / b for a, b in zip(taken[name], taken["terminal"], strict=True)]
        yield told(f"Train: times a terminal's run, {words}", ratios, goal)


def _start(lab: Lab, page: Page) -> None:
    page.locator(".st-key-train button").click()
    while not lab.store.run("latest").is_live:
        page.wait_for_timeout(20)


def _end(lab: Lab) -> float:
    while (run := lab.store.run("latest")).ended is None:
        time.sleep(0.1)
    return run.ended - (run.started or run.ended)
