"""How fast Evaluate answers: its table, its first picture, a click on its confusion matrix."""

import time
from collections.abc import Iterator

import torch
from playwright.sync_api import Page

from scratchmlp.analysis import evaluation
from scratchmlp.bench import Line
from scratchmlp.bench.lab import Lab, timed, told
from scratchmlp.data import datasets
from scratchmlp.runs import checkpoint_file


def predictions(lab: Lab, times: int) -> Iterator[Line]:
    network = checkpoint_file.loads(lab.store.checkpoint(lab.run.id))
    images = torch.from_numpy(datasets.load("mnist").test.images)
    test = datasets.load("mnist").test
    taken = [timed(lambda: network.logits(images)) for _ in range(times)]
    yield told("Evaluate: predictions on 10,000 pictures", taken, 0.2)
    taken = [timed(lambda: evaluation.predict(network, test)) for _ in range(times)]
    yield told("Evaluate: their table, with probabilities", taken, 0.2)


def first_picture(lab: Lab, times: int) -> Iterator[Line]:
    """From the address to the first thumbnail: by a new browser, and by one that was here before.

    The first of all finds a server that has only just started.
    """
    path, first = f"/evaluate?run={lab.run.id}", ".st-key-gallery button[aria-label^='Picture']"

    def visit() -> None:
        with lab.tab(path) as page:
            page.wait_for_selector(first)

    yield told("Evaluate: first picture, a server just started", [timed(visit)], 1.5)
    new = [timed(visit) for _ in range(max(5, times // 5))]
    yield told("Evaluate: first picture, a new browser", new, 1.5)
    with lab.tab(path) as page:
        page.wait_for_selector(first)

        def again() -> None:
            page.reload(wait_until="commit")
            page.wait_for_selector(first)

        known = [timed(again) for _ in range(max(5, times // 5))]
    yield told("Evaluate: first picture, a known browser", known, 1.5)


def cell_to_gallery(lab: Lab, times: int) -> Iterator[Line]:
    table = evaluation.predict(
        checkpoint_file.loads(lab.store.checkpoint(lab.run.id)), datasets.load("mnist").test
    )
    pairs = table[~table["correct"]].groupby(["truth", "prediction"]).size().index.tolist()
    with lab.tab(f"/evaluate?run={lab.run.id}") as page:
        page.wait_for_selector(".st-key-gallery button[aria-label^='Picture']")
        taken = [_click_cell(page, *pairs[turn % len(pairs)]) for turn in range(times)]
    yield told("Evaluate: a click on a cell to its pictures", taken, 0.5)


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
