"""The Train page in a real browser, on real MNIST."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from scratchmlp.ui import links
from tests.browser.conftest import DATASET, FIRST, RECIPE, App, settled
from tests.browser.train_page import chart, go, metric, places, press, says, step
from tests.conftest import ROOT
from tests.data.zipped import packed

LONG = {"epochs": "400", "batch_size": "64"}
SECONDS = 1000
ENOUGH = {"mnist": 97.5, "digits": 90}  # percent
LONGER = {"mnist": 7, "digits": 400}  # epochs that one can watch


def test_a_newcomer_finds_a_net_and_trains_another(
    empty_app: App, open_page: Callable[..., Page]
) -> None:
    page, store = open_page(), empty_app.store
    go(page, empty_app)
    expect(page.locator(".st-key-run").get_by_text(RECIPE, exact=True)).to_be_visible()
    expect(chart(page, "loss_chart")).to_be_visible()
    says(page, "finished")
    assert float(metric(page, "Test accuracy").rstrip("%")) > ENOUGH[DATASET]
    assert len(store.runs()) == 1
    expect(page.locator(".st-key-run_diagnosis")).to_contain_text("validation accuracy is")
    settled(page)
    at = places(page)
    assert [*at] == sorted(at, key=lambda key: at[key][0])
    assert at["run_diagnosis"][1] <= 900

    expect(page.locator(".st-key-preset [data-selected]").first).to_contain_text(RECIPE)
    page.locator(".st-key-epochs input").fill(str(LONGER[DATASET]))
    page.locator(".st-key-epochs input").press("Enter")
    changed = page.locator(".st-key-reset_epochs")
    expect(changed).to_contain_text(f"Epochs {FIRST.epochs} → {LONGER[DATASET]}")
    expect(page.locator(".st-key-other_settings")).to_be_visible()
    settled(page)
    assert places(page)["run_diagnosis"][1] <= 900
    steps = page.locator(".st-key-first_steps")
    expect(steps.get_by_text("✓")).to_have_count(0)
    press(page, "train")
    says(page, "running")
    expect(steps.get_by_text("✓")).to_have_count(1)
    expect(chart(page, "accuracy_chart")).to_be_visible()
    says(page, "finished")
    run = store.run("latest")
    assert run.config == replace(FIRST, epochs=LONGER[DATASET])
    expect(page).to_have_url(re.compile(f"run={run.id}"))
    assert metric(page, "Test accuracy") == f"{run.test_accuracy:.2%}"
    expect(page.locator(".st-key-pause")).to_have_count(0)

    press(page, "hide_steps")
    expect(steps).to_have_count(0)
    page.reload()
    says(page, "finished")
    expect(steps).to_have_count(0)

    store.run_list.delete([run.id for run in store.runs()])
    go(page, empty_app)
    expect(page.get_by_text("No run yet")).to_be_visible()
    expect(chart(page, "accuracy_chart")).to_be_visible()
    settled(page)
    at = places(page)
    assert [*at] == sorted(at, key=lambda key: at[key][0])
    assert at["run_diagnosis"][1] <= 900


def test_reload_and_a_second_tab_see_the_run_where_it_is(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    page, before = open_page(), len(store.runs())
    go(page, app, f"/?epochs={LONG['epochs']}&batch_size={LONG['batch_size']}")
    press(page, "train")
    says(page, "running")
    expect(chart(page, "loss_chart")).to_be_visible()
    expect(page.locator(".st-key-run_state")).to_contain_text(re.compile("step [1-9]"))
    run = store.run("latest")

    press(page, "pause")
    says(page, "paused")
    at = store.steps_since(run.id)[-1].step
    expect(page.locator(".st-key-run_state")).to_contain_text(f"step {at:,} of")
    page.reload()
    says(page, "paused")
    assert step(page) == at

    second = open_page()
    go(second, app, f"/?run={run.id}")
    says(second, "paused")
    assert step(second) == at
    press(second, "resume")
    says(second, "running")
    says(page, "running")
    page.wait_for_function(
        """at => {
            const text = document.querySelector('.st-key-run').innerText
            return Number(text.match(/step ([\\d,]+) of/)[1].replaceAll(',', '')) > at
        }""",
        arg=at,
    )
    press(page, "stop")
    says(page, "stopped")
    says(second, "stopped")
    assert store.run(run.id).config.epochs == 400
    assert store.last_checkpoint(run.id)[0] == store.steps_since(run.id)[-1].step
    assert len(store.runs()) == before + 1


def test_a_run_of_the_terminal_shows_up_by_itself_and_obeys(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    page = open_page()
    go(page, app)
    says(page, store.run("latest").status)
    command = [sys.executable, "-m", "scratchmlp", "train", "--epochs", "1000", "--seed", "5"]
    terminal = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    says(page, "running")
    press(page, "stop")
    out, _ = terminal.communicate(timeout=120)
    assert terminal.returncode == 130
    assert store.run("latest").id in out
    says(page, "stopped")


def test_copy_link_opens_the_same_settings(app: App, open_page: Callable[..., Page]) -> None:
    config = TrainConfig(
        lr=0.0123, hidden=(64, 32), optimizer="momentum", seed=11, augment="affine"
    )
    page = open_page()
    page.goto(links.write(config, app.url))
    page.get_by_role("button", name="Share").click()
    copied = page.locator("[data-testid=stCode]").first.inner_text().strip().replace("\n", "")
    assert copied == links.write(config, app.url)
    other = open_page()
    other.goto(copied)
    expect(other.locator(".st-key-seed input")).to_have_value("11")
    expect(other.locator(".st-key-lr")).to_contain_text("0.0123")
    expect(other.locator(".st-key-hidden_0 input")).to_have_value("64")
    name = "Network: 784 pixels, 64 hidden units, 32 hidden units, 10 classes."
    expect(other.get_by_role("img", name=name)).to_be_visible()
    expect(other.locator(".st-key-hidden_1 input")).to_have_value("32")


def test_a_hostile_address_is_told_and_nothing_breaks(
    app: App, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    go(page, app, "/?lr=-1&dataset=/etc&x=%3Cscript%3Ealert(1)%3C/script%3E&run=%00..%2F")
    expect(page.get_by_text("In the link, lr cannot be -1")).to_be_visible()
    expect(page.get_by_text("There is no run")).to_be_visible()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_the_first_visitor_may_name_a_page(new_app: App, open_page: Callable[..., Page]) -> None:
    """A server that has just started knows no navigation yet."""
    page = open_page()
    go(page, new_app, "/train?seed=3")
    expect(page.locator(".st-key-seed input")).to_have_value("3")
    expect(page).to_have_title(re.compile("scratchmlp|Train"))


def test_pictures_of_one_s_own_are_uploaded_and_trained_on(
    app: App, open_page: Callable[..., Page], digits: Dataset
) -> None:
    page = open_page()
    go(page, app, "/?epochs=1")
    page.get_by_role("button", name="Your own pictures").click()
    chooser = page.locator("[data-testid=stFileUploader] input")
    letters = {"name": "mine.zip", "mimeType": "application/zip"}
    chooser.set_input_files(letters | {"buffer": b"no ZIP"})
    expect(page.locator(".st-key-own_pictures [role=alert]")).to_contain_text("mine.zip")
    settled(page)  # until then the controls of the first try are there too
    page.get_by_role("button", name="Your own pictures").click()
    chooser.set_input_files(letters | {"buffer": packed(255 - digits.train.images[:40])})
    expect(page.locator(".st-key-samples")).to_contain_text("Nine samples")
    expect(page.locator(".st-key-own_pictures [role=alert]")).to_have_count(0)
    settled(page)
    press(page, "train")
    expect(page).to_have_url(re.compile("run="))
    says(page, "finished")
    assert app.store.run("latest").dataset.startswith("upload:mine-")


def test_a_class_may_open_all_pages_at_once(new_app: App, open_page: Callable[..., Page]) -> None:
    """Of a server that has just started: each visitor's thread imports what it needs."""
    pages = {name: open_page() for name in ("", "evaluate", "draw", "runs")}
    for name, page in pages.items():
        page.goto(f"{new_app.url}/{name}", wait_until="commit")
    for page in pages.values():
        expect(page.locator("[data-testid=stMain] h1")).to_be_visible()
    assert "Traceback" not in new_app.log.read_text()


def contrast(part: Locator) -> float:
    """Of words to what they stand on, 1 to 21 (WCAG 2.2, contrast ratio)."""
    style = "part => { const s = getComputedStyle(part); return [s.color, s.backgroundColor] }"
    dark, bright = sorted(luminance(colour) for colour in part.evaluate(style))
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Of a colour like "rgb(17, 22, 29)" (WCAG 2.2, relative luminance)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_small_screen_shows_everything(
    app: App, open_page: Callable[..., Page], scheme: str
) -> None:
    page = open_page(390, 844, scheme=scheme)
    go(page, app, f"/?run={app.id('first')}")
    says(page, "finished")
    for name in ("loss_chart", "accuracy_chart"):
        box = chart(page, name).evaluate("chart => chart.getBoundingClientRect().toJSON()")
        assert box["left"] >= 0
        assert box["right"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "titles => titles.filter(title => title.scrollWidth > title.clientWidth).length"
    assert page.locator(".st-key-preset label p").evaluate_all(wide) == 0
    recipes = page.locator(".st-key-preset")
    assert recipes.evaluate("part => part.scrollWidth <= part.clientWidth")
    assert contrast(page.locator(".st-key-train button")) > 4.5
    settled(page)
    at = places(page)
    assert [*at] == sorted(at, key=lambda key: at[key][0])
    assert at["train"][1] <= 844
