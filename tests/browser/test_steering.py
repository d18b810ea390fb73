"""A run steered in a real browser: its learning rate, an epoch at a time, others beside it."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, TimeoutError, WebSocketRoute, expect

from scratchmlp.net import presets
from scratchmlp.runs.store import Store
from tests.browser.conftest import App, settled, visit
from tests.browser.train_page import chart, go, press, says, train


def test_a_run_is_steered_from_two_tabs(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    """The rate changes at once and is marked; both tabs say the same; one epoch is one epoch."""
    page = open_page()
    settings = "hidden=256&epochs=1000&batch_size=16&lr=0.006&schedule=constant"
    go(page, app, f"/?dataset=digits&{settings}")
    run = train(page, store)
    says(page, "running")
    other = open_page()
    go(other, app, f"/?run={run.id}")
    slider = page.locator(".st-key-run_lr").get_by_role("slider")
    expect(page.get_by_text("· learning rate 0.006")).to_be_visible()
    slider.press("ArrowLeft")
    expect(page.locator(".st-key-set_lr button")).to_be_enabled()
    press(page, "set_lr")
    for tab in (page, other):
        expect(tab.get_by_text("Learning rate, now 0.005")).to_be_visible()
        expect(tab.get_by_text("· learning rate 0.005")).to_be_visible()
    [told] = [row for row in store.applied_commands(run.id) if row.kind == "lr"]
    rates = {row.step: row.lr for row in store.steps_since(run.id)}
    assert told.value == rates[told.applied_step + 1] == 0.005
    assert rates[told.applied_step] == 0.006

    press(other, "epoch")
    for tab in (page, other):
        says(tab, "paused")
    first, *_, last = (row.step for row in store.epochs_since(run.id))
    for tab in (page, other):
        expect(tab.get_by_text(f"step {last:,} of")).to_be_visible()
    press(page, "epoch")
    expect(page.get_by_text(f"step {last + first:,} of")).to_be_visible()
    says(page, "paused")
    press(page, "stop")
    for tab in (page, other):
        says(tab, "stopped")


def test_a_run_laid_beside_another_and_back(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    """The other run's curve and what differs; then Back to the run that was looked at before."""
    page = open_page()
    go(page, app, "/?dataset=digits&epochs=3")
    first = train(page, store)
    says(page, "finished")
    page.locator(".st-key-epochs input").fill("5")
    page.locator(".st-key-epochs input").press("Enter")
    expect(page.locator(".st-key-reset_epochs")).to_be_visible()
    second = train(page, store)
    says(page, "finished")

    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_text("These are all settings of this run.")).to_be_visible()
    settled(page)
    choose_other(page, first.id[:4])
    expect(page.get_by_text("Only what differs:")).to_be_visible()
    expect(chart(page, "loss_chart")).to_be_visible()
    legend = page.locator(".st-key-loss_chart").get_by_text(first.id[:4])
    expect(legend.or_(page.locator(".st-key-loss_chart canvas"))).to_be_visible()

    page.go_back()
    expect(page).to_have_url(re.compile(first.id))
    expect(page.locator(".st-key-run")).to_contain_text("3 of 3")
    page.go_forward()
    expect(page).to_have_url(re.compile(second.id))
    expect(page.locator(".st-key-run")).to_contain_text("5 of 5")
    expect(page.locator(".st-key-epochs input")).to_have_value("5")


def test_a_run_that_is_deleted_elsewhere_is_reported_once(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    page = open_page()
    go(page, app, "/?dataset=digits&epochs=1000")
    run = train(page, store)
    says(page, "running")
    store.run_list.delete([run.id])  # the page notices by itself
    expect(page.get_by_text("This page shows the newest run.")).to_be_visible()
    settled(page)
    expect(page.get_by_text(f"Run {run.id} was deleted")).to_have_count(1)
    expect(page.locator(".st-key-run")).to_be_visible()


def choose_other(page: Page, mark: str) -> None:
    """Lay a run beside the one that is shown; a page that is drawn anew closes the list."""
    box = page.locator(".st-key-others").get_by_role("combobox")
    option = page.get_by_role("option", name=re.compile(mark))
    for _ in range(3):
        box.click()
        box.fill(mark)
        with contextlib.suppress(TimeoutError):
            option.click(timeout=15_000)
            return
    raise AssertionError("the list closed three times")


def test_a_hidden_control_keeps_its_value(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    """Through a recipe, a visit to another page, and a reload there."""
    page = open_page()
    go(page, app, "/?dataset=digits&hide=optimizer,seed&optimizer=momentum&seed=7&lr=0.05")
    expect(page.locator(".st-key-lr")).to_contain_text("0.05")
    page.locator(".st-key-preset label", has_text="blog-as-reported").click()
    expect(page.locator(".st-key-lr")).to_contain_text("0.01")
    visit(page, "Evaluate")
    expect(page.get_by_role("heading", name="Evaluate", exact=True)).to_be_visible()
    visit(page, "Train")
    expect(page.locator(".st-key-lr")).to_contain_text("0.01")
    expect(page).to_have_url(re.compile("hide=optimizer"))
    page.reload()
    expect(page.locator(".st-key-lr")).to_be_visible()
    expect(page.locator(".st-key-optimizer")).to_have_count(0)
    expect(page.locator(".st-key-seed")).to_have_count(0)
    config = train(page, store).config
    assert (config.optimizer, config.seed) == ("momentum", 7)


class SlowLine:
    """A page's connection to its server: while it is held, nothing reaches the browser."""

    def __init__(self, page: Page) -> None:
        self.held, self.told = False, 0
        self._waiting: list[Callable[[], None]] = []
        self._page = page
        page.route_web_socket(re.compile("/_stcore/stream"), self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def to_server(message: str | bytes) -> None:
            self.told += 1
            server.send(message)

        def to_browser(message: str | bytes) -> None:
            if self.held:
                self._waiting.append(lambda: browser.send(message))
            else:
                browser.send(message)

        browser.on_message(to_server)
        server.on_message(to_browser)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._page.wait_for_timeout(50)

    def release(self) -> None:
        self.held = False
        for send in self._waiting:
            send()


def test_a_browser_that_lags_behind_undoes_nothing(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    """It goes on telling what its controls were, and the page is drawn anew when the run ends."""
    page = open_page()
    line = SlowLine(page)
    go(page, app, "/?dataset=digits&lr=0.05&epochs=1000")
    run = train(page, store)
    says(page, "running")
    line.held = True
    card = page.locator(".st-key-preset [role=radiogroup] > div", has_text="blog-as-reported")
    words = card.locator("[data-testid=stCaptionContainer]")
    words.click(force=True)  # all of a card counts
    store.send(run.id, "stop")
    line.wait_until(lambda: store.run(run.id).status == "stopped")
    told = line.told
    line.wait_until(lambda: line.told > told + 2)
    line.release()
    expect(page.locator(".st-key-lr")).to_contain_text("0.01")
    expect(page.locator(".st-key-changes")).to_have_count(0)
    recipe = presets.find("blog-as-reported").config
    assert train(page, store).config == replace(recipe, dataset="digits")


def test_a_control_redraws_what_shows_it(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    """A number still being typed counts when Train is pressed; the search for a rate follows."""
    page = open_page()
    go(page, app, "/?dataset=digits&epochs=9")
    page.locator(".st-key-epochs input").fill("2")
    assert train(page, store).config.epochs == 2
    says(page, "finished")
    press(page, "finder")
    press(page, "ask_finder")
    expect(page.locator(".st-key-use_rate button")).to_be_visible()
    page.locator(".st-key-optimizer button").filter(has_text="sgd").click()
    expect(page.locator(".st-key-reset_optimizer")).to_be_visible()
    expect(page.locator(".st-key-ask_finder button")).to_be_visible()
