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


def cell(page: Page, truth: int | str, answer: int | str) -> Locator:
    """A square of the matrix; Vega says of each what it stands for."""
    return page.locator(
        f".st-key-confusion path[aria-label^='prediction: {answer}; truth: {truth};']"
    )


SQUARES = ".st-key-confusion path[aria-label^='prediction:']"


def marked(page: Page) -> list[str]:
    """The squares with a frame, as "prediction: 9; truth: 4"."""
    names = page.locator(SQUARES).evaluate_all(
        "all => all.filter(e => getComputedStyle(e).stroke !== 'none')"
        ".map(e => e.getAttribute('aria-label'))"
    )
    return [name.split("; count")[0].split("; rate")[0] for name in names]


def choose(page: Page, label: str, option: str) -> None:
    settled(page)
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def scrolled(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop"))


def test_the_matrix_marks_what_is_chosen(evaluated: Evaluated, open_page: Open) -> None:
    page = open_page(height=1400)  # a list closes when the page scrolls
    page.goto(evaluated.url)
    wrong = evaluated.wrong
    (truth, answer), (other_truth, other_answer) = (
        wrong[["truth", "prediction"]].value_counts().index[:2]
    )
    all_errors = page.get_by_text(f"{len(wrong):,} pictures.")
    expect(all_errors).to_be_visible()
    assert marked(page) == []
    cell(page, other_truth, other_answer).click(force=True)
    expect(page.get_by_label("Prediction", exact=True)).to_have_value(str(other_answer))
    choose(page, "Truth", str(truth))
    expect(page.locator(".st-key-chip")).to_have_text(re.compile(f"true {truth}"))
    choose(page, "Prediction", str(answer))  # the two lists mark the cell
    expect(page.locator(".st-key-chip")).to_have_text(re.compile(f"true {truth}.*ted {answer}"))
    settled(page)
    assert marked(page) == [f"prediction: {answer}; truth: {truth}"]
    page.reload()
    expect(cell(page, truth, answer)).to_have_count(1)
    settled(page)
    assert marked(page) == [f"prediction: {answer}; truth: {truth}"]
    cell(page, truth, answer).click(force=True)  # a second click clears it
    expect(all_errors).to_be_visible()
    expect(page).not_to_have_url(re.compile("truth="))
    settled(page)
    assert marked(page) == []


def test_a_cell_of_the_diagonal_leads_to_as_many_pictures(
    evaluated: Evaluated, open_page: Open
) -> None:
    right = evaluated.table[evaluated.table["correct"]]
    n = int((right["truth"] == 1).sum())
    page = open_page()
    page.goto(evaluated.url)
    page.get_by_text("Include correct").first.click()
    one = cell(page, 1, 1)
    expect(one).to_have_attribute("aria-label", re.compile(f"count: {n};"))
    one.click(force=True)
    expect(page.get_by_text(f"{n:,} pictures.")).to_be_visible()
    assert all("truth 1 " in label and "prediction 1 " in label for label in labels(page))


def test_back_and_forward_restore_the_gallery_and_its_place(
    evaluated: Evaluated, open_page: Open
) -> None:
    page = open_page()
    page.goto(f"{evaluated.url}&correct=1&size=240")
    expect(thumbnails(page)).to_have_count(240)
    settled(page)
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page).to_have_url(re.compile("page=2"))
    settled(page)
    seen = labels(page)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 1400")
    thumbnails(page).nth(100).scroll_into_view_if_needed()
    page.wait_for_function("() => sessionStorage.getItem('scratchmlp-places')")
    thumbnails(page).nth(100).click()
    expect(page.get_by_role("heading", name=seen[100].split(":")[0])).to_be_in_viewport()
    place = page.evaluate(
        "Object.entries(JSON.parse(sessionStorage.getItem('scratchmlp-places')))"
        ".find(([at]) => at.includes('page=2') && !at.includes('sample'))[1]"
    )
    assert place > 1000
    at_place = f"""() => Math.abs(
        document.querySelector('[data-testid=stMain]').scrollTop - {place}) < 3"""
    page.go_back()
    expect(thumbnails(page)).to_have_count(240)
    page.wait_for_function(at_place)
    settled(page)
    assert labels(page) == seen
    page.go_forward()
    expect(page.get_by_role("heading", name=seen[100].split(":")[0])).to_be_visible()
    page.get_by_role("button", name="All pictures").click()
    expect(thumbnails(page)).to_have_count(240)
    page.wait_for_function(at_place)
    page.reload()
    expect(thumbnails(page)).to_have_count(240)
    page.wait_for_function(at_place)
    assert labels(page) == seen
    page.go_back()  # the reload is no entry of the history: this is the picture
    expect(page.get_by_role("heading", name=seen[100].split(":")[0])).to_be_visible()
    page.go_back()
    expect(thumbnails(page)).to_have_count(240)
    page.go_back()
    expect(page).not_to_have_url(re.compile("page=2"))
    expect(thumbnails(page).first).not_to_have_attribute("aria-label", seen[0])


def test_the_reliability_diagram_says_how_many_pictures_a_bin_has(
    evaluated: Evaluated, open_page: Open
) -> None:
    page = open_page()
    page.goto(f"{evaluated.url}&view=confidence")
    legend = page.locator(".role-legend").filter(has_text="pictures")
    expect(legend).to_contain_text("110100")


def test_on_a_phone_a_tap_on_a_cell_brings_the_gallery_into_view(
    evaluated: Evaluated, open_page: Open
) -> None:
    page = open_page(width=390, height=844, touch=True)
    page.goto(evaluated.url)
    truth, answer = evaluated.wrong[["truth", "prediction"]].value_counts().index[0]
    square = cell(page, truth, answer)
    expect(square).to_have_count(1)
    settled(page)
    square.scroll_into_view_if_needed()
    expect(thumbnails(page).first).not_to_be_in_viewport()
    square.tap(force=True)
    expect(page.locator(".st-key-chip")).to_be_in_viewport()
    expect(thumbnails(page).first).to_be_in_viewport()


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
    second = str(fixed.nth(1).get_attribute("aria-label")).split(":")[0]
    fixed.first.click()
    expect(page.get_by_role("heading", name=label.split(":")[0])).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name=second)).to_be_visible()
    page.get_by_role("button", name="All pictures").click()
    expect(fixed.first).to_have_attribute("aria-label", label)
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")


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
    settled(page)
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
    settled(page)
    seen = labels(page)
    expect_brush(page, box["width"] * 0.15)
    page.reload()
    expect(chip).to_be_visible()
    expect(chart).to_be_visible()
    settled(page)
    assert labels(page) == seen
    expect_brush(page, box["width"] * 0.15)
    point = page.locator(".st-key-map svg.marks g.mark-symbol path[stroke-width='1.5']").last
    point.click(force=True)  # it opens its picture, and the area stays
    expect(page.get_by_role("heading", name="Picture", level=2)).to_be_visible()
    expect(page).to_have_url(re.compile("sample="))
    page.get_by_role("button", name="All pictures").click()
    expect(chart).to_be_visible()
    settled(page)
    assert labels(page) == seen
    expect_brush(page, box["width"] * 0.15)
    chip.click()
    expect(page.get_by_text(all_errors)).to_be_visible()
    expect_brush(page, 0)


def expect_brush(page: Page, width: float) -> None:
    """The rectangle that is drawn on the map is about so wide, in pixels; 0 is none."""
    page.wait_for_function(
        """width => {
          const widths = [...document.querySelectorAll('.st-key-map g.mark-rect path')]
            .filter(e => e.getAttribute('stroke')).map(e => e.getBBox().width)
          return Math.abs(Math.max(0, ...widths) - width) < 4
        }""",
        arg=width,
    )


def test_label_errors_are_found_in_a_worker(evaluated: Evaluated, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{evaluated.app.url}/evaluate?run={evaluated.app.id('small')}")
    page.get_by_role("tab", name="Label errors").click()
    page.get_by_role("button", name="Find label errors").click()
    first = page.locator(".st-key-suspects button[aria-label^='Training picture']").first
    expect(first).to_be_visible()
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
