"""Two tabs that steer the same run at the same moment, in a real browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from scratchmlp.runs.store import Store
from tests.browser.conftest import App, causes
from tests.browser.test_train import go, press, says


def test_two_tabs_change_the_rate_at_once(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    """Each rate takes effect, both tabs agree in the end, and the server logs no traceback."""
    tabs = [open_page() for _ in range(2)]
    go(tabs[0], app, "/?dataset=digits&hidden=64&epochs=1000&batch_size=16&schedule=constant")
    press(tabs[0], "train")
    tabs[0].wait_for_url(re.compile("run="))
    run = store.run("latest")
    go(tabs[1], app, f"/?run={run.id}")
    for tab in tabs:
        says(tab, "running")
    for first, second in (("ArrowLeft", "ArrowRight"), ("ArrowRight", "ArrowLeft")) * 2:
        for tab, key in zip(tabs, (first, second), strict=True):
            tab.locator(".st-key-run_lr").get_by_role("slider").press(key)
        for tab in tabs:
            button = tab.locator(".st-key-set_lr button")
            if button.is_enabled():
                button.click(timeout=5_000)
    expect(tabs[0].get_by_text(re.compile("earning rate, now "))).to_be_visible()
    sent = [row.value for row in store.applied_commands(run.id) if row.kind == "lr"]
    assert sent
    for tab in tabs:
        last = store.applied_commands(run.id)[-1].value
        expect(tab.get_by_text(f"now {last:g}")).to_be_visible()
    press(tabs[0], "stop")
    for tab in tabs:
        says(tab, "stopped")
    assert causes(app.log.read_text()) == []
