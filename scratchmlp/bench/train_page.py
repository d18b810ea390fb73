"""Measures Train: the cost of watching a run, the speed of a control and of a run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psutil
from playwright.sync_api import Page

from scratchmlp.bench import Line
from scratchmlp.bench.browser import seconds_taken, watch
from scratchmlp.bench.environment import Environment, timing_line, value_line
from scratchmlp.bench.server import train_in_terminal
from scratchmlp.ui.run_status import LIVE_SECONDS

LONG_RUN = {"epochs": "1000", "batch_size": "64"}  # a run that is longer than any measurement
WATCHED_SECONDS = 20


@contextmanager
def training(environment: Environment) -> Iterator[Page]:
    """A tab that shows a run while it trains."""
    query = "&".join(f"{name}={value}" for name, value in LONG_RUN.items())
    with environment.tab(f"/?{query}") as page:
        page.locator(".st-key-train button").click()
        page.wait_for_selector(".st-key-accuracy_chart svg.marks")
        yield page
        page.locator(".st-key-stop button").click()
        page.wait_for_selector(".st-key-run :text('stopped')")


def streaming(environment: Environment, times: int) -> Iterator[Line]:
    """The cost of a page that shows a run: bytes per update, and the app's share of a core."""
    with training(environment) as page:
        received: list[tuple[float, int]] = []
        requested: list[float] = []
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on(
            "Network.webSocketFrameReceived",
            lambda event: received.append((event["timestamp"], _size(event["response"]))),
        )
        devtools.on(
            "Network.webSocketFrameSent", lambda event: requested.append(event["timestamp"])
        )
        devtools.on(
            "Network.loadingFinished",
            lambda event: received.append((event["timestamp"], int(event["encodedDataLength"]))),
        )
        server = psutil.Process(environment.app.process.pid)
        before, began = server.cpu_times(), time.monotonic()
        page.wait_for_timeout(WATCHED_SECONDS * 1000)
        after, seconds = server.cpu_times(), time.monotonic() - began
    busy = after.user + after.system - before.user - before.system
    yield value_line("Train: the page's own work", 100 * busy / seconds, 8, "% of a core")
    updates = np.array(_by_update(received, requested)) / 1000
    yield value_line("Train: an update, the mean", float(updates.mean()), 30, "kB")
    yield value_line("Train: an update, the largest", float(updates.max()), 60, "kB")


def _size(frame: dict) -> int:
    """Bytes of a frame; the payload of a binary one is base64."""
    text = frame["payloadData"]
    return len(text) * 3 // 4 if frame["opcode"] == 2 else len(text)


def _by_update(received: list[tuple[float, int]], requested: list[float]) -> list[int]:
    """Bytes received between each request of the page and the next; not after the last one."""
    at, size = np.array(received).T
    update = np.searchsorted(requested, at)  # 0: received before the first request
    return np.bincount(update, size, len(requested) + 1)[1:-1].astype(int).tolist()


def controls(environment: Environment, times: int) -> Iterator[Line]:
    """From a click on another optimiser to the change of the list of changed settings."""
    with training(environment) as page:
        watch(page, "mousedown", ".st-key-changes")
        buttons, taken = page.locator(".st-key-optimizer button"), []
        for turn in range(times):
            buttons.filter(has_text=("sgd", "momentum")[turn % 2]).click()
            taken.append(seconds_taken(page))
            page.wait_for_timeout(
                300 + 137 * turn % round(1000 * LIVE_SECONDS)
            )  # at any time between two updates
    yield timing_line("Train: a control, while a net trains", taken, 0.3)


def first_step(environment: Environment, times: int) -> Iterator[Line]:
    """From a click on Train to the run's first step in the store."""
    taken = []
    with environment.tab("/?epochs=1") as page:
        button = page.locator(".st-key-train button")
        button.wait_for()
        for _ in range(max(1, times // 3)):
            before = environment.store.run("latest").id
            began = time.perf_counter()
            button.click()
            while not _trains(environment, before):
                time.sleep(0.01)
            taken.append(time.perf_counter() - began)
            _end(environment)
            page.wait_for_selector(".st-key-run :text('finished')")
    yield timing_line("Train: from the press to the first step", taken, 1.0)


def _trains(environment: Environment, before: str) -> bool:
    """Whether a newer run than `before` has done a step."""
    run = environment.store.run("latest")
    return run.id != before and bool(environment.store.steps_since(run.id))


def against_terminal(environment: Environment, times: int) -> Iterator[Line]:
    """The same run from the terminal, from a page that is then closed, and from an open page.

    The ratios of seconds from the run's start to its end: 16 epochs of `modern`, in turns.
    """
    taken: dict[str, list[float]] = {"terminal": [], "alone": [], "watched": []}
    for _ in range(max(1, times // 10)):
        train_in_terminal(environment.app.home, "--epochs", "16")
        taken["terminal"].append(_end(environment))
        with environment.tab("/?epochs=16") as page:
            _start(environment, page)
        taken["alone"].append(_end(environment))
        with environment.tab("/?epochs=16") as page:
            _start(environment, page)
            taken["watched"].append(_end(environment))
    for name, words, goal in (("alone", "nobody watching", 1.25), ("watched", "watched", 1.6)):
        ratios = [a / b for a, b in zip(taken[name], taken["terminal"], strict=True)]
        yield timing_line(f"Train: times a terminal's run, {words}", ratios, goal)


def _start(environment: Environment, page: Page) -> None:
    page.locator(".st-key-train button").click()
    while not environment.store.run("latest").is_live:
        page.wait_for_timeout(20)


def _end(environment: Environment) -> float:
    while (run := environment.store.run("latest")).ended is None:
        time.sleep(0.1)
    return run.ended - (run.started or run.ended)
