"""What tests do with the Train page in a browser."""

import re

from playwright.sync_api import Locator, Page, expect

from scratchmlp.runs.store import Run, Store
from tests.browser.conftest import App


def go(page: Page, app: App, path: str = "/") -> None:
    page.goto(app.url + path)
    expect(page.locator(".st-key-run")).to_be_visible()


def says(page: Page, status: str) -> None:
    badge = page.locator(".st-key-run .stMarkdownBadge", has_text=status)
    expect(badge).to_be_visible()


def step(page: Page) -> int:
    text = page.locator(".st-key-run").get_by_text(re.compile(r"step [\d,]+ of")).inner_text()
    found = re.search(r"step ([\d,]+) of", text)
    assert found
    return int(found[1].replace(",", ""))


def metric(page: Page, label: str) -> str:
    found = page.locator("[data-testid=stMetric]", has_text=label)
    return found.locator("[data-testid=stMetricValue]").inner_text()


def chart(page: Page, key: str) -> Locator:
    """The drawing itself; Vega draws on a canvas or as SVG."""
    return page.locator(f".st-key-{key}").locator("canvas, svg.marks").first


# From the top to the bottom of the page.
IN_ORDER = "what preset train run_header run_accuracy loss_chart run_diagnosis accuracy_chart view"


def places(page: Page) -> dict[str, tuple[float, float]]:
    """The top and the bottom of each part of the page, by the key of its container."""
    found = {}
    for key in IN_ORDER.split():
        box = page.locator(f".st-key-{key}").bounding_box()
        assert box, key
        found[key] = box["y"], box["y"] + box["height"]
    return found


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").click()


def train(page: Page, store: Store) -> Run:
    """Press Train; the new run, which the address then names."""
    before = _run_in(page.url)
    press(page, "train")
    page.wait_for_url(lambda url: _run_in(url) not in ("", before))
    return store.run("latest")


def _run_in(address: str) -> str:
    """The id of the run that an address names."""
    found = re.search(r"[?&]run=(\w+)", address)
    return found[1] if found else ""
