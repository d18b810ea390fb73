"""Measures Evaluate: its predictions, its first picture, a click on its matrix, and Next."""

import time
from collections.abc import Iterator

import torch
from playwright.sync_api import Page

from scratchmlp.analysis import evaluation
from scratchmlp.bench import Line
from scratchmlp.bench.browser import seconds_taken, watch
from scratchmlp.bench.environment import Environment, seconds_of, timing_line
from scratchmlp.bench.train_page import training
from scratchmlp.data import datasets


def predictions(environment: Environment, times: int) -> Iterator[Line]:
    network = environment.store.network(environment.run.id)
    test = datasets.load("mnist").test
    images = torch.from_numpy(test.images)
    taken = [seconds_of(lambda: network.logits(images)) for _ in range(times)]
    yield timing_line("Evaluate: predictions on 10,000 pictures", taken, 0.2)
    taken = [seconds_of(lambda: evaluation.predict(network, test)) for _ in range(times)]
    yield timing_line("Evaluate: their table, with probabilities", taken, 0.2)


def first_picture(environment: Environment, times: int) -> Iterator[Line]:
    """From the URL to the first thumbnail, in a new browser and in one that has a cache.

    The first of all visits measures a server that has just started.
    """
    path, first = (
        f"/evaluate?run={environment.run.id}",
        ".st-key-gallery button[aria-label^='Picture']",
    )

    def visit() -> None:
        with environment.tab(path) as page:
            page.wait_for_selector(first)

    yield timing_line("Evaluate: first picture, a server just started", [seconds_of(visit)], 4.0)
    new = [seconds_of(visit) for _ in range(max(5, times // 5))]
    yield timing_line("Evaluate: first picture, a new browser", new, 1.5)
    with environment.tab(path) as page:
        page.wait_for_selector(first)

        def again() -> None:
            page.reload(wait_until="commit")
            page.wait_for_selector(first)

        known = [seconds_of(again) for _ in range(max(5, times // 5))]
    yield timing_line("Evaluate: first picture, a known browser", known, 1.5)


def cell_to_gallery(environment: Environment, times: int) -> Iterator[Line]:
    network = environment.store.network(environment.run.id)
    table = evaluation.predict(network, datasets.load("mnist").test)
    pairs = table[~table["correct"]].groupby(["truth", "prediction"]).size().index.tolist()
    with environment.tab(f"/evaluate?run={environment.run.id}") as page:
        page.wait_for_selector(".st-key-gallery button[aria-label^='Picture']")
        taken = [_click_cell(page, *pairs[turn % len(pairs)]) for turn in range(times)]
    yield timing_line("Evaluate: a click on a cell to its pictures", taken, 0.5)


def _click_cell(page: Page, truth: int, predicted: int) -> float:
    square = page.locator(
        f".st-key-confusion path[aria-label^='prediction: {predicted}; truth: {truth};']"
    )
    square.scroll_into_view_if_needed()
    box = square.bounding_box()
    assert box
    this = f"[aria-label*='truth {truth} '][aria-label*='prediction {predicted} ']"
    only_these = f".st-key-gallery .grid:has(> button):not(:has(> button:not({this})))"
    began = time.perf_counter()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(only_these)
    return time.perf_counter() - began


def next_picture(environment: Environment, times: int) -> Iterator[Line]:
    """From a press on Next to the whole next picture, with the reasons for its prediction."""
    yield timing_line("Evaluate: Next", _press_next(environment, times), 0.25)
    with training(environment) as page:
        watched = _press_next(environment, times)
        page.goto("about:blank")
        taken = _press_next(environment, times)
        page.go_back()
        page.locator(".st-key-stop button").wait_for()
    yield timing_line("Evaluate: Next, while a net trains", taken, 0.25)
    yield timing_line("Evaluate: Next, and another tab watches it", watched, 0.25)


def _press_next(environment: Environment, times: int) -> list[float]:
    """The first press is not counted: it prepares what all others use."""
    network = environment.store.network(environment.run.id)
    table = evaluation.predict(network, datasets.load("mnist").test)
    order = evaluation.select(table).index.tolist()
    taken = []
    with environment.tab(f"/evaluate?run={environment.run.id}&sample={order[0]}") as page:
        button = page.get_by_role("button", name="Next", exact=True)
        page.locator(".stApp[data-test-script-state=notRunning] h2").wait_for()
        watch(page, "mousedown", ".stApp h2", whole=True)
        for index in order[1 : times + 2]:
            button.click()
            taken.append(seconds_taken(page))
            page.get_by_role("heading", name=f"Picture {index}:").wait_for()
    return taken[1:]
