"""What tests do with the Runs page in a browser."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App

HEADER, BOX = 35, 18  # pixels: the height of the labels, and where a row's box is


def go(page: Page, app: App, text: str) -> None:
    """The list of the runs that say so."""
    page.goto(f"{app.url}/runs")
    page.get_by_role("textbox", name="Search").fill(text)
    page.get_by_role("textbox", name="Search").press("Enter")
    expect(page.locator(".st-key-actions")).to_be_visible()
    expect(page.get_by_text("1 of ")).to_be_visible()


def tick(page: Page, row: int = 0) -> None:
    table = page.locator("[data-testid=stDataFrame]")
    expect(table).to_have_count(1)  # the one before it has gone
    table.click(position={"x": BOX, "y": middle(table, row)})


def middle(table: Locator, row: int = 0) -> float:
    """Of a row of a table that shows all its rows: all are as high as the longest text needs."""
    rows = table.locator("tbody tr")
    expect(rows.first).to_be_attached()
    whole = table.bounding_box()
    assert whole
    height = (whole["height"] - HEADER) / rows.count()
    return HEADER + (row + 0.5) * height
