"""The Draw page in a real Chromium: real writers' strokes, drawn on the real canvas."""

import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from scratchmlp.analysis import prediction
from scratchmlp.bench import draw_page, server
from scratchmlp.bench.digit_strokes import DIGITS
from scratchmlp.ink import strokes
from scratchmlp.ink.strokes import Stroke
from tests.browser.conftest import App, settled, visit
from tests.conftest import SHARED, unavailable

Open = Callable[..., Page]
Digit = dict[str, Any]


@pytest.fixture
def url(app: App) -> str:
    return f"{app.url}/draw?run={app.id('first')}"


@pytest.fixture(scope="module")
def pen() -> list[Digit]:
    """Digits as people wrote them."""
    file = SHARED / "pen-strokes.jsonl.gz"
    if not file.exists():
        unavailable(str(file))
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


def canvas(page: Page) -> Locator:
    return page.locator(".st-key-canvas canvas").last


def draw(page: Page, digit: Digit) -> None:
    """Draw with the mouse."""
    draw_page.draw(page, digit["strokes"])


def answered(page: Page) -> Locator:
    return page.locator(".st-key-prediction .digit")


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".st-key-prediction")).to_contain_text("Draw a digit")


def of(pen: list[Digit], label: int, writer: int = 7) -> Digit:
    return next(d for d in pen if (d["label"], d["writer"]) == (label, writer))


def test_digits_of_a_mouse_are_recognised(url: str, open_page: Open, pen: list[Digit]) -> None:
    page = open_page()
    page.goto(url)
    expect(page.locator(".st-key-prediction")).to_contain_text("Draw a digit")
    expect(answered(page)).to_have_count(0)  # an empty sheet is never a digit
    right = 0
    for digit in (of(pen, label) for label in range(10)):
        draw(page, digit)
        expect(page.locator(".st-key-probabilities .first")).to_have_count(1)
        settled(page)
        right += answered(page).inner_text() == str(digit["label"])
        clear(page)
        expect(answered(page)).to_have_count(0)
    assert right >= 8


def test_it_survives_pages_paper_and_pen_and_is_undone(
    url: str, open_page: Open, pen: list[Digit]
) -> None:
    page = open_page()
    page.goto(url)
    draw(page, of(pen, 0))
    expect(answered(page)).to_have_text("0")
    visit(page, "Evaluate")
    expect(page.get_by_role("heading", name="Evaluate")).to_be_visible()
    visit(page, "Draw")
    expect(answered(page)).to_have_text("0")
    page.wait_for_function(INKED)
    page.locator(".st-key-pen button").click()
    page.get_by_role("radio", name="Dark").click()
    page.wait_for_function(INKED)
    expect(answered(page)).to_have_text("0")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(answered(page)).to_have_count(0)


INKED = """() => {
  const hosts = [...document.querySelectorAll('.st-key-canvas *')].filter((e) => e.shadowRoot)
  const sheets = hosts.flatMap((e) => [...e.shadowRoot.querySelectorAll('canvas.lower-canvas')])
  return sheets.some((sheet) => {
    const { data } = sheet.getContext('2d').getImageData(0, 0, sheet.width, sheet.height)
    return data.filter((value, i) => i % 4 === 3 && value > 128).length > 1000
  })
}"""


def test_fingers_draw_a_number_on_a_telephone(url: str, open_page: Open, pen: list[Digit]) -> None:
    page = open_page(width=390, height=844, touch=True)
    page.goto(url)
    touch = page.context.new_cdp_session(page)
    for at, label in ((0.3, 3), (0.72, 0)):
        for stroke in draw_page.on_screen(page, of(pen, label)["strokes"], at, 0.32):
            for kind, points in gesture(stroke):
                touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(answered(page)).to_have_text("30")
    expect(page.get_by_text("one digit at a time")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = canvas(page).bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390


def gesture(stroke: Stroke) -> Iterator[tuple[str, list[dict[str, float]]]]:
    yield "touchStart", [{"x": stroke[0][0], "y": stroke[0][1]}]
    for x, y in stroke[1:]:
        yield "touchMove", [{"x": x, "y": y}]
    yield "touchEnd", []


def test_a_drawing_is_still_there_after_the_server_was_killed(
    new_app: App, open_page: Open
) -> None:
    page = open_page()
    page.goto(f"{new_app.url}/draw?run={new_app.id('first')}")
    draw_page.draw(page, DIGITS[1])
    answer = page.locator(".st-key-probabilities .first")
    expect(answer).to_have_count(1)
    settled(page)
    shown = answer.text_content() or ""
    new_app.process.kill()
    new_app.process.wait()
    connected = page.locator(".stApp[data-test-connection-state=CONNECTED]")
    expect(connected).to_have_count(0)
    again = server.App(new_app.home, new_app.port)
    try:
        expect(connected).to_have_count(1)
        settled(page)
        page.wait_for_function(INKED)
        expect(answer).to_have_text(shown)
    finally:
        again.close()


def misread(app: App, pen: list[Digit]) -> Digit:
    """A digit that the run takes for another, though not by much."""
    network = app.store.network(app.id("first"))
    found: list[tuple[float, int]] = []
    for at in range(0, len(pen), 20):
        lines = strokes.place(pen[at]["strokes"], 190, (160, 160))
        read = prediction.predict_number(network, strokes.render(lines, 20, 320))
        if len(read) == 1 and read[0].label not in (None, pen[at]["label"]):
            truth = float(read[0].probabilities[pen[at]["label"]])
            if read[0].probabilities.max() - truth > 0.1:  # the browser's ink differs a little
                found.append((truth, at))
    return pen[max(found)[1]]


def surely_read(app: App, pen: list[Digit]) -> Digit:
    """The digit of which the run is surest, and rightly."""
    network = app.store.network(app.id("first"))
    found: list[tuple[float, int]] = []
    for at in range(0, 400, 20):
        lines = strokes.place(pen[at]["strokes"], 190, (160, 160))
        read = prediction.predict_number(network, strokes.render(lines, 20, 320))
        if [digit.label for digit in read] == [pen[at]["label"]]:
            found.append((float(read[0].probabilities.max()), at))
    return pen[max(found)[1]]


@pytest.fixture
def no_drawings(app: App) -> Iterator[None]:
    """Nothing is kept when a test begins, and what it teaches is gone when it ends."""
    yield
    app.store.drawings.delete()
    app.store.run_list.delete([run.id for run in app.store.runs() if run.parent])


def draw_misread(page: Page, app: App, pen: list[Digit]) -> str:
    """Draw a digit that the run misreads; its class."""
    digit = misread(app, pen)
    draw(page, digit)
    expect(page.locator(".st-key-probabilities .first")).to_have_count(1)
    settled(page)
    expect(answered(page)).not_to_have_text(str(digit["label"]))
    return str(digit["label"])


@pytest.mark.usefixtures("no_drawings")
def test_a_correction_is_learned_at_once_and_undone(
    app: App, url: str, open_page: Open, pen: list[Digit]
) -> None:
    page = open_page()
    page.goto(url)
    label = draw_misread(page, app, pen)
    wrong = answered(page).inner_text()
    page.get_by_role("radio", name=label, exact=True).click()
    lesson = page.locator(".st-key-taught")
    expect(lesson).to_contain_text(f"It now reads {label} (")
    expect(answered(page)).to_have_text(label)
    expect(lesson.locator(".lesson b")).to_have_text([wrong, label])
    expect(lesson).to_contain_text(
        "Learned from your 1 drawing: it was wrong before, and right now"
    )
    taught = app.store.run("latest")
    assert taught.parent == app.id("first")
    expect(page).to_have_url(re.compile(taught.id))
    settled(page)
    page.wait_for_function(INKED)  # though the longer name of the run has a line of its own
    [kept] = app.store.drawings.all()
    assert kept.label == label and np.any(kept.image) and kept.strokes
    lesson.get_by_role("button", name="Undo").click()
    expect(lesson).to_have_count(0)
    expect(answered(page)).to_have_text(wrong)
    expect(page).to_have_url(re.compile(app.id("first")))
    expect(page.get_by_text("Kept as a")).to_have_count(0)
    assert app.store.drawings.all() == []


@pytest.mark.usefixtures("no_drawings")
def test_yes_keeps_a_drawing_until_it_is_undone(
    app: App, url: str, open_page: Open, pen: list[Digit]
) -> None:
    page = open_page()
    page.goto(url)
    digit = surely_read(app, pen)
    draw(page, digit)
    page.get_by_role("button", name="Yes").click()
    kept = page.get_by_text(f"Kept as a {digit['label']}.", exact=True)
    expect(kept).to_be_visible()
    [drawing] = app.store.drawings.all()
    assert drawing.label == str(digit["label"])
    page.locator(".st-key-undo_keep button").click()
    expect(kept).to_have_count(0)
    expect(page.get_by_text("Right?")).to_be_visible()
    assert app.store.drawings.all() == []


@pytest.mark.usefixtures("no_drawings")
def test_kept_taught_deleted_and_imported(
    app: App, url: str, open_page: Open, pen: list[Digit], tmp_path: Path
) -> None:
    page = open_page()
    page.goto(url)
    label = draw_misread(page, app, pen)
    other = "3" if label != "3" else "5"
    page.get_by_role("button", name=f"Keep it as a {other}:").click()
    expect(page.get_by_text(f"Kept as a {other}. Press")).to_be_visible()
    page.get_by_role("button", name=f"Keep it as a {label}:").click()
    expect(page.get_by_text(f"Kept as a {label}. Press")).to_be_visible()
    page.locator(".st-key-teach button").click()
    expect(page.get_by_text("This new run was taught 1 drawing of yours.")).to_be_visible()
    expect(answered(page)).to_have_text(label)
    expect(page).to_have_url(re.compile(app.store.run("latest").id))
    page.get_by_role("tab", name="My drawings").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "drawings.zip"
    exported = tmp_path / "drawings.zip"
    download.value.save_as(exported)
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_text("1 drawing deleted.")).to_be_visible()
    page.locator(".st-key-import button").first.click()
    page.locator("input[type=file]").set_input_files(exported)
    expect(page.get_by_text("1 drawing imported.")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".st-key-undelete button").click()
    expect(page.get_by_text("1 drawing deleted.")).to_be_visible()
    page.locator(".st-key-undelete button").click()
    thumbnail = page.get_by_role("button", name=f"Drawing 1 of a {label}")
    expect(thumbnail).to_be_visible()
    thumbnail.click()
    page.get_by_role("dialog").get_by_role("radio", name=other, exact=True).click()
    expect(page.get_by_role("button", name=f"Drawing 1 of a {other}")).to_be_visible()
    assert [drawing.label for drawing in app.store.drawings.all()] == [other]


def test_the_slots_are_under_the_canvas_of_a_phone(
    url: str, open_page: Open, pen: list[Digit]
) -> None:
    """The prediction stays on the screen meanwhile."""
    page = open_page(width=390, height=844)
    page.goto(url)
    draw(page, of(pen, 0))
    expect(answered(page)).to_be_in_viewport(ratio=1)
    tools, slots = page.locator(".st-key-pen"), page.locator(".st-key-slots")
    above, below = tools.bounding_box(), slots.bounding_box()
    assert above and below
    assert 0 <= below["y"] - (above["y"] + above["height"]) < 40
    slots.get_by_role("button").last.scroll_into_view_if_needed()
    expect(answered(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_text_called_png_is_one_sentence(url: str, open_page: Open) -> None:
    page = open_page()
    page.goto(url)
    page.get_by_role("radio", name="Picture").click()
    file: Any = {"name": "digit.png", "mimeType": "image/png", "buffer": b"hello"}
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_role("alert")).to_contain_text("not a picture that can be read")
    expect(page.get_by_text("Traceback")).to_have_count(0)


def photo_with_a_speck() -> dict[str, Any]:
    """A PNG of a 7 with a large dot beside it."""
    ink = strokes.render([[(120, 90), (260, 90), (180, 310)]], 22, 480)
    ink = np.maximum(ink, strokes.render([[(420, 60)]], 30, 480))
    out = io.BytesIO()
    Image.fromarray((255 - 255 * ink).astype(np.uint8)).save(out, "png")
    return {"name": "seven.png", "mimeType": "image/png", "buffer": out.getvalue()}


def test_pieces_of_a_photo_are_chosen_by_a_click_a_key_and_a_rectangle(
    url: str, open_page: Open
) -> None:
    page = open_page()
    page.goto(url)
    page.get_by_role("radio", name="Picture").click()
    page.locator("input[type=file]").first.set_input_files([photo_with_a_speck()])
    seven = page.get_by_role("checkbox", name="Read as ink")
    dot = page.get_by_role("checkbox", name="Left out: it is small")
    expect(seven).to_have_count(1)
    expect(dot).to_have_count(1)
    expect(page.get_by_text("left out: 1 small piece")).to_be_visible()
    dot.click()
    expect(seven).to_have_count(2)
    expect(page.get_by_text("What is green is read.")).to_be_visible()
    seven.last.focus()
    page.keyboard.press("Space")
    expect(seven).to_have_count(1)
    box = page.get_by_role("group", name="Pieces of ink").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.15 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.75 * box["height"], steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Whole picture")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(1)
    page.get_by_role("button", name="Whole picture").click()
    expect(dot).to_have_count(1)
