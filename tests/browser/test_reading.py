"""Every page can be read by all: contrast, headings, names, the keyboard, and a phone."""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from scratchmlp.bench.digit_strokes import DIGITS
from scratchmlp.bench.draw_page import draw
from tests.browser.conftest import App, open_view, settled

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
LEAST = {"text": 4.5, "icon": 3.0, "line": 3.0}  # WCAG 2.2, 1.4.3 and 1.4.11
# The path of each page, and what it shows last.
PAGES = {
    "/": ".st-key-accuracy_chart svg.marks",
    "/evaluate": ".st-key-confusion svg.marks",
    "/draw": ".st-key-probabilities",
    "/runs": "[data-testid=stDataFrame]",
}
VIEWS = {"/": ["Inside", "Code", "Export"], "/evaluate": ["Confidence", "Export"]}
BACKGROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
# A popover has room for what is in it, though there is none below its button.
ROOM = "document.querySelector('[data-testid=stPopoverBody]')?.offsetHeight > 150"
FADING = 10.0  # seconds


def go(page: Page, app: App, path: str) -> None:
    page.goto(f"{app.url}{path}?run={app.id('first')}")
    expect(page.locator(PAGES[path]).first).to_be_visible()
    expect(page.get_by_role("heading", level=2).first).to_be_attached()
    settled(page)


def views(page: Page, app: App, path: str) -> Iterator[None]:
    """The page as it opens, and then with each of its other views."""
    go(page, app, path)
    yield
    for view in VIEWS.get(path, []):
        open_view(page, view)
        yield


def test_every_view_can_be_read_and_heard(app: App, open_page: Callable[..., Page]) -> None:
    """Contrast in both themes; headings in order; names without icons or repetition."""
    page = open_page()
    kinds = set()
    for path in PAGES:
        for _ in views(page, app, path):
            kinds |= kinds_in_both_themes(page)
            levels = [int(heading[1]) for heading in headings(page)]
            assert levels.count(1) == 1, headings(page)
            assert levels[0] == 1 and 2 in levels, headings(page)
            assert all(b <= a + 1 for a, b in itertools.pairwise(levels)), levels
            assert [name for name in names(page) if is_odd(name)] == []
            # A press on a question mark in the label of a switch would flip it.
            expect(page.locator(".stCheckbox [data-testid=stTooltipIcon]")).to_have_count(0)
    assert kinds == set(LEAST)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_appears_on_a_press_can_be_read(
    app: App, open_page: Callable[..., Page], scheme: str
) -> None:
    """The map, the search for a learning rate, a drawing with its prediction, and dialogs."""
    page = open_page(scheme=scheme)
    for _ in presses(page, app):
        settled(page)
        assert "text" in kinds_that_can_be_read(page)


def presses(page: Page, app: App) -> Iterator[None]:
    go(page, app, "/evaluate")
    page.get_by_role("tab", name="Map").click()
    expect(page.locator(".st-key-map svg.marks")).to_be_visible()
    yield
    go(page, app, "/")
    page.get_by_role("button", name="Find a learning rate").click()
    page.wait_for_function(ROOM)
    ask, found = page.locator(".st-key-ask_finder button"), page.locator(".st-key-finder_chart")
    expect(ask.or_(found).first).to_be_visible()
    if ask.is_visible():  # or the other theme has asked already
        ask.click()
    expect(found.locator("svg.marks")).to_be_visible()
    yield
    page.get_by_role("button", name=re.compile("Why did the post")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield
    go(page, app, "/draw")
    draw(page, DIGITS[0])
    expect(page.locator(".st-key-prediction .digit")).to_be_visible()
    yield
    page.get_by_role("button", name=re.compile("Keep it as a 1")).click()
    page.get_by_role("tab", name="My drawings").click()
    page.get_by_role("button", name="Drawing 1 of a 1").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield
    page.locator(".st-key-delete_drawing button").click()
    expect(page.locator(".st-key-undelete button")).to_be_visible()
    yield


def kinds_in_both_themes(page: Page) -> set[str]:
    """What kinds of things the page shows, in the dark as well: it follows the system's theme."""
    kinds = kinds_that_can_be_read(page)
    background = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => {BACKGROUND} !== light", arg=background)
    settled(page)
    kinds |= kinds_that_can_be_read(page)
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"light => {BACKGROUND} === light", arg=background)
    settled(page)
    return kinds


def kinds_that_can_be_read(page: Page) -> set[str]:
    """What kinds of things the page shows; each has enough contrast, when it has faded in."""
    end = time.monotonic() + FADING
    while True:
        shown = page.evaluate(CONTRAST)
        faint = {
            (kind, what, round(contrast, 2))
            for kind, what, contrast in shown
            if contrast < LEAST[kind]
        }
        if not faint or time.monotonic() > end:
            break
        page.wait_for_timeout(50)
    assert not faint
    return {kind for kind, _, _ in shown}


def headings(page: Page) -> list[str]:
    found = page.locator("h1, h2, h3, h4, h5, h6")
    return found.evaluate_all("all => all.map((h) => `${h.tagName} ${h.textContent}`)")


def names(page: Page) -> list[str]:
    """The accessible names of all controls and pictures."""
    controls = "button|link|slider|textbox|spinbutton|combobox|checkbox|switch|radio|tab|img"
    snapshot = page.locator("body").aria_snapshot()
    return re.findall(rf'- \'?(?:{controls}) "((?:[^"\\]|\\.)*)"', snapshot)


def is_odd(name: str) -> bool:
    return bool(re.search(r"\bicon\b|_", name) or re.fullmatch(r"(.+) \1", name))


def test_train_is_six_tab_stops_away_at_most(app: App, open_page: Callable[..., Page]) -> None:
    page = open_page()
    go(page, app, "/")
    train = page.get_by_role("button", name=re.compile("^Train( with these settings)?$"))
    for _ in range(6):
        page.keyboard.press("Tab")
        if is_focused(train):
            break
    assert is_focused(train)
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-run").get_by_text("running")).to_be_visible()


def is_focused(buttons: Locator) -> bool:
    return bool(buttons.evaluate_all("all => all.includes(document.activeElement)"))


def test_a_phone_shows_the_pages_without_a_drawer(app: App, open_page: Callable[..., Page]) -> None:
    page = open_page(width=390, height=844)
    page.goto(app.url)
    for path, title in (("/evaluate", "Evaluate"), ("/draw", "Draw"), ("/runs", "Runs")):
        links = page.locator(".st-key-pages").get_by_role("link")
        expect(links).to_have_text(["Train", "Evaluate", "Draw", "Runs"])
        boxes = [link.bounding_box() for link in links.all()]
        assert all(box and box["y"] == boxes[0]["y"] for box in boxes)
        assert all(box["x"] + box["width"] <= 390 for box in boxes)
        links.filter(has_text=title).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        expect(page.locator(PAGES[path]).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_on_a_wide_screen_the_pages_stand_in_the_header_only(
    app: App, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    go(page, app, "/runs")
    expect(page.get_by_role("link", name="Train", exact=True)).to_have_count(1)
    expect(page.get_by_test_id("stTopNav").get_by_role("link")).to_have_count(4)
