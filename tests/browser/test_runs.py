"""The Runs page and what a run is taken away as, in a real browser, on real MNIST."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Run, Store
from scratchmlp.ui.runs.run_columns import NAME_WIDTH
from tests.browser.conftest import DATASET, App, visit
from tests.browser.runs_page import BOX, go, middle, tick

CONFIG = TrainConfig(dataset=DATASET, epochs=1, lr=0.003, hidden=(32,), seed=11)


@pytest.fixture(scope="module")
def store(started: App) -> Store:
    """The app's store, with two runs more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_HOME", str(started.home))
        for name, config in (("wanted", CONFIG), ("renamable", replace(CONFIG, dataset="digits"))):
            execute(started.store, started.store.create(config, name, status="running"))
    return started.store


def named(store: Store, name: str) -> list[Run]:
    return [run for run in store.runs() if run.name == name]


def button(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()


def test_a_run_is_named_deleted_and_brought_back(
    app: App, store: Store, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    go(page, app, "renamable")
    expect(page.locator(".st-key-delete button")).to_be_disabled()
    tick(page)
    bar = page.locator(".st-key-actions")
    expect(bar.get_by_text("renamable", exact=True)).to_be_visible()
    button(page, "describe")
    page.get_by_label("Name", exact=True).fill("renamable, renamed")
    page.get_by_label("Note", exact=True).fill("small digits")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(bar.get_by_text("renamable, renamed")).to_be_visible()
    [run] = named(store, "renamable, renamed")
    assert run.note == "small digits"
    page.keyboard.press("Escape")

    button(page, "delete")
    expect(page.get_by_text("One run is deleted.")).to_be_visible()
    expect(page.get_by_text("No runs match.")).to_be_visible()
    assert not named(store, "renamable, renamed")
    button(page, "undo")
    expect(page.get_by_text("1 of ")).to_be_visible()
    expect(page.get_by_text("One run is deleted.")).to_have_count(0)
    assert named(store, "renamable, renamed") == [run]
    page.reload()
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()


def test_a_run_opens_with_a_click_and_by_keyboard(
    app: App, store: Store, open_page: Callable[..., Page]
) -> None:
    [wanted] = named(store, "wanted")
    page = open_page()
    go(page, app, "wanted")
    table = page.locator("[data-testid=stDataFrame]")
    expect(table).to_have_count(1)
    table.click(position={"x": BOX * 2 + NAME_WIDTH + 30, "y": middle(table)})
    expect(page).to_have_url(re.compile(f"/\\?run={wanted.id}"))
    expect(page.locator(".st-key-run").get_by_text("wanted", exact=True)).to_be_visible()
    visit(page, "Runs")
    cell = table.locator("td", has_text="● Open")
    expect(cell).to_have_count(1)  # it is the run that the pages show

    go(page, app, "wanted")
    page.get_by_label("Open a run").focus()
    page.keyboard.type("wanted")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/\\?run={wanted.id}"))


def test_the_same_settings_are_set_and_trained_again(
    app: App, store: Store, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    go(page, app, "wanted")
    tick(page)
    button(page, "duplicate")
    expect(page.locator(".st-key-lr")).to_contain_text("0.003")
    expect(page).to_have_url(re.compile(r"seed=11"))
    [wanted] = named(store, "wanted")
    page.locator(".st-key-train button").click()
    expect(page).not_to_have_url(re.compile(f"run={wanted.id}"))
    finished = page.locator(".st-key-run .stMarkdownBadge", has_text="finished")
    expect(finished).to_be_visible()  # it may stand in line behind the first net
    again = store.run("latest")
    assert again.id != wanted.id
    assert again.config == wanted.config


def test_a_net_is_taken_away_and_loaded_again(
    app: App, store: Store, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    """The script runs on its own and reaches the run's accuracy; the net's file becomes a run."""
    [run] = named(store, "wanted")
    page = open_page()
    page.goto(f"{app.url}/?run={run.id}")
    page.get_by_role("tab", name="Export").click()
    files = {}
    for name in ("Download the weights", "Download a prediction script", "Download the dataset"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        files[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[name])
    script, pictures = files["Download a prediction script"], files["Download the dataset"]
    said = subprocess.run(
        [sys.executable, "-I", script, pictures], cwd=tmp_path, capture_output=True, text=True
    )
    assert f"Test accuracy: {run.test_accuracy:.4%}" in said.stdout, said.stderr

    hostile = tmp_path / "hostile.safetensors"
    hostile.write_bytes(b"\x80\x04\x95 not a network")
    upload = page.locator("[data-testid=stFileUploaderDropzoneInput]")
    upload.set_input_files(hostile)
    expect(page.get_by_text("This is a pickle.")).to_be_visible()
    count = len(store.runs())
    upload.set_input_files(files["Download the weights"])
    expect(page.get_by_text(f"is loaded: {run.test_accuracy:.2%} of the test")).to_be_visible()
    expect(page.get_by_text("This is a pickle.")).to_have_count(0)
    assert len(store.runs()) == count + 1
    assert store.run("latest").test_accuracy == run.test_accuracy


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_small_screen_shows_everything(
    app: App, store: Store, open_page: Callable[..., Page], scheme: str
) -> None:
    page = open_page(390, 844, scheme=scheme)
    page.goto(f"{app.url}/runs")
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    [run] = named(store, "wanted")
    page.goto(f"{app.url}/?run={run.id}")
    for tab, text in (("Inside", "Distribution of each"), ("Code", "three ways")):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(text).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
