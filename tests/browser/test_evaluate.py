"""The Evaluate page in a real Chromium, on real MNIST: clicked, linked, compared, downloaded."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from scratchmlp.analysis import evaluation
from scratchmlp.data import datasets
from scratchmlp.net.model import predict
from tests.browser.conftest import DATASET, App, settled

Open = Callable[..., Page]


class Evaluated:
    """The app's first run, and what is known of it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.network = app.store.network(app.id("first"))
        self.images = datasets.load(DATASET).test.images
        self.table = evaluation.predict(self.network, datasets.load(DATASET).test)
        self.wrong = self.table[~self.table["correct"]]
        self.shown = min(60, len(self.wrong))  # pictures on the first page
        self.url = f"{app.url}/evaluate?run={app.id('first')}"


@pytest.fixture
def evaluated(app: App) -> Evaluated:
    return Evaluated(app)


def thumbnails(page: Page) -> Locator:
    return page.locator(".st-key-gallery button[aria-label^='Picture']")


def labels(page: Page) -> list[str]:
    return [str(b.get_attribute("aria-label")) for b in thumbnails(page).all()]


def test_a_cell_filters_and_its_chip_ends_it(evaluated: Evaluated, open_page: Open) -> None:
    page = open_page()
    page.goto(evaluated.url)
    wrong = evaluated.wrong
    expect(thumbnails(page)).to_have_count(evaluated.shown)
    expect(page.get_by_text(f"{len(wrong):,} pictures.")).to_be_visible()
    truth, answer = wrong[["truth", "prediction"]].value_counts().index[0]
    both = wrong[(wrong["truth"] == truth) & (wrong["prediction"] == answer)]
    cell(page, int(truth), int(answer)).click(force=True)  # its number lies over it
    chip = page.get_by_role("button", name=f"true {truth}, predicted {answer}")
    expect(chip).to_be_visible()
    expect(thumbnails(page)).to_have_count(len(both))
    assert all(
        f"truth {truth} " in label and f"prediction {answer} " in label for label in labels(page)
    )
    chip.click()
    expect(thumbnails(page)).to_have_count(evaluated.shown)
    expect(chip).to_have_count(0)


def cell(page: Page, truth: int, answer: int) -> Locator:
    """A square of the matrix; Vega says of each what it stands for."""
    return page.locator(
        f".st-key-confusion path[aria-label^='prediction: {answer}; truth: {truth};']"
    )


def test_one_picture_by_link_by_click_and_back(evaluated: Evaluated, open_page: Open) -> None:
    order = evaluation.select(evaluated.table).index.tolist()
    page = open_page()
    page.goto(f"{evaluated.url}&sample={order[2]}")
    expect(page.get_by_role("heading", name=f"Picture {order[2]}:")).to_be_visible()
    expect(page.get_by_text("Contributions of the hidden units")).to_have_count(1)  # its title
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name=f"Picture {order[3]}:")).to_be_visible()
    expect(page).to_have_url(re.compile(f"sample={order[3]}"))
    page.get_by_role("button", name="All pictures").click()
    expect(thumbnails(page)).to_have_count(evaluated.shown)
    expect(page).not_to_have_url(re.compile("sample="))
    second = thumbnails(page).nth(1)
    second.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Picture {order[1]}:")).to_be_visible()
    expect(page).to_have_url(re.compile(f"sample={order[1]}"))
    page.go_back()
    expect(thumbnails(page)).to_have_count(evaluated.shown)
    page.go_forward()
    expect(page.get_by_role("heading", name=f"Picture {order[1]}:")).to_be_visible()


def test_two_runs_are_compared(evaluated: Evaluated, open_page: Open) -> None:
    page = open_page()
    page.goto(evaluated.url)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".st-key-fixed").get_by_text("Only the other is right")).to_be_visible()
    fixed = page.locator(".st-key-fixed button[aria-label^='Picture']")
    expect(fixed.first).to_be_visible()
    label = str(fixed.first.get_attribute("aria-label"))
    said = re.search(r"truth (\d), this run predicts (\d), the other (\d)", label)
    assert said
    truth, ours, other = said.groups()
    assert truth == other != ours
    expect(page.get_by_text("McNemar's p")).to_be_visible()


def test_the_csv_holds_what_predict_answers(
    evaluated: Evaluated, open_page: Open, tmp_path: Path
) -> None:
    page = open_page()
    page.goto(evaluated.url)
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Predictions as CSV").click()
    file = tmp_path / "answers.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    net = evaluated.network
    inputs = net.input(torch.from_numpy(evaluated.images))
    p = predict(net.params, inputs, net.config.activation).double().softmax(dim=1)
    assert len(rows) == len(evaluated.images)
    assert [int(row["prediction"]) for row in rows] == p.argmax(dim=1).tolist()
    for row in rows[::1000]:
        told = [float(row[f"p({name})"]) for name in net.classes]
        assert told == pytest.approx(p[int(row["index"])].tolist(), rel=1e-4, abs=1e-9)
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Report as HTML").click()
    download.value.save_as(tmp_path / "report.html")
    assert "<svg" in (tmp_path / "report.html").read_text()


def test_the_map_is_brushed(evaluated: Evaluated, open_page: Open) -> None:
    page = open_page(height=1400)
    page.goto(evaluated.url)
    page.get_by_role("tab", name="Map").click()
    chart = page.locator(".st-key-map svg.marks")
    expect(chart).to_be_visible()
    expect(thumbnails(page)).to_have_count(evaluated.shown)
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.75, steps=5)
    page.mouse.up()
    chip = page.get_by_role("button", name="area of the map")
    expect(chip).to_be_visible()
    all_errors = f"{len(evaluated.wrong):,} pictures."
    expect(page.get_by_text(all_errors)).to_have_count(0)
    chip.click()
    expect(page.get_by_text(all_errors)).to_be_visible()


def test_label_errors_are_found_in_a_worker(evaluated: Evaluated, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{evaluated.app.url}/evaluate?run={evaluated.app.id('small')}")
    page.get_by_role("tab", name="Label errors").click()
    page.get_by_role("button", name="Find label errors").click()
    first = page.locator(".st-key-suspects button[aria-label^='Training picture']").first
    expect(first).to_be_visible(timeout=60_000)
    first.click()
    expect(page.get_by_role("dialog")).to_contain_text("is labelled")


def test_on_a_small_screen_nothing_sticks_out(evaluated: Evaluated, open_page: Open) -> None:
    page = open_page(width=390, height=844)
    page.goto(evaluated.url)
    expect(thumbnails(page).first).to_be_visible()
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= 390
    page.goto(f"{evaluated.url}&sample=321")
    expect(page.get_by_role("heading", name="Picture 321")).to_be_visible()
    assert page.evaluate(wide) <= 390
