"""What stays as it is on Train, in a real browser: the settings, the run, and the frames."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import App, settled, visit
from tests.browser.train_page import chart, go, press, says

# Each place and opacity that a part of the run's card has, from one frame to the next.
WATCH = """() => {
  window.seen = new Set()
  const look = () => {
    const card = document.querySelector('.st-key-run')
    for (const key of ['run_state', 'loss_chart', 'accuracy_chart', 'view']) {
      const box = document.querySelector('.st-key-' + key)?.getBoundingClientRect()
      if (box) window.seen.add(`${key} at ${box.top.toFixed(1)}`)
    }
    for (const part of card?.querySelectorAll('[data-testid=stElementContainer]') ?? [])
      if (getComputedStyle(part).opacity !== '1') window.seen.add('something fades')
    requestAnimationFrame(look)
  }
  look()
}"""


def test_nothing_moves_or_fades_while_a_run_trains(
    app: App, open_page: Callable[..., Page]
) -> None:
    page = open_page(height=1600)
    go(page, app, "/?dataset=digits&epochs=60&seed=5")
    press(page, "train")
    page.wait_for_url(re.compile("run="))
    expect(page.get_by_text("0 of 60")).to_be_visible()
    settled(page)
    page.evaluate(WATCH)
    says(page, "finished")
    expect(page.get_by_text("60 of 60 epochs done")).to_be_visible()
    expect(chart(page, "accuracy_chart")).to_be_visible()
    seen = page.evaluate("[...window.seen]")
    assert len(seen) == 4, seen
    # Each frame has its height before its chart is there.
    frames = page.locator(".st-key-loss_chart, .st-key-accuracy_chart")
    height = "frame => frame.offsetHeight === parseFloat(getComputedStyle(frame).minHeight)"
    assert frames.evaluate_all(f"frames => frames.every({height})")


def test_settings_outlast_a_visit_and_a_reload(app: App, open_page: Callable[..., Page]) -> None:
    """Back undoes the last change; the page says where the run that it shows differs."""
    page = open_page()
    go(page, app, f"/?run={app.id('small')}")
    epochs = page.locator(".st-key-epochs input")

    def expect_epochs(number: int) -> None:
        expect(page.locator(f".st-key-epochs input[value='{number}']")).to_be_visible()

    expect(page.locator(".st-key-other_settings")).to_have_count(0)
    epochs.fill("7")
    epochs.press("Enter")
    expect(page.get_by_text("The run below has other settings: epochs 1.")).to_be_visible()
    visit(page, "Draw")
    expect(page.locator(".st-key-canvas")).to_be_visible()
    visit(page, "Train")
    expect_epochs(7)
    expect(page).to_have_url(re.compile(f"run={app.id('small')}"))
    page.reload()
    expect_epochs(7)
    expect(page.locator(".st-key-reset_epochs")).to_contain_text("Epochs 6 → 7")
    page.locator(".st-key-take_settings button").click()
    expect_epochs(1)
    expect(page.locator(".st-key-other_settings")).to_have_count(0)
    page.go_back()
    expect_epochs(7)
