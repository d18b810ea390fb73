"""Two tabs that steer the same run at the same moment, in a real browser."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page

from scratchmlp.runs.store import Store
from tests.browser.conftest import PATIENCE, App, causes
from tests.browser.train_page import go, press, says


def test_two_tabs_change_the_rate_at_once(
    app: App, open_page: Callable[..., Page], store: Store
) -> None:
    """Rates take effect, both tabs agree in the end, and the server logs no traceback."""
    tabs = [open_page() for _ in range(2)]
    go(tabs[0], app, "/?dataset=digits&hidden=64&epochs=1000&batch_size=16&schedule=constant")
    press(tabs[0], "train")
    tabs[0].wait_for_url(re.compile("run="))
    run = store.run("latest")
    go(tabs[1], app, f"/?run={run.id}")
    for tab in tabs:
        says(tab, "running")
    end = time.monotonic() + PATIENCE / 1000
    while not agree(tabs, store, run.id):
        assert time.monotonic() < end
        if not rates(store, run.id):  # on a busy machine all presses may come too early
            change_at_once(tabs)
        tabs[0].wait_for_timeout(100)
    press(tabs[0], "stop")
    for tab in tabs:
        says(tab, "stopped")
    assert causes(app.log.read_text()) == []


def change_at_once(tabs: list[Page]) -> None:
    for keys in (("ArrowLeft", "ArrowRight"), ("ArrowRight", "ArrowLeft")):
        for tab, key in zip(tabs, keys, strict=True):
            tab.locator(".st-key-run_lr").get_by_role("slider").press(key)
        for tab in tabs:
            # It does not wait, and does nothing where the other tab's rate is the same.
            tab.locator(".st-key-set_lr button").evaluate("button => button.click()")


def rates(store: Store, run_id: str) -> list[float]:
    """The learning rates that took effect, the last at the end."""
    return [row.value for row in store.applied_commands(run_id) if row.kind == "lr"]


def agree(tabs: list[Page], store: Store, run_id: str) -> bool:
    """Whether a rate has taken effect, and both tabs show the last one."""
    applied = rates(store, run_id)
    return bool(applied) and all(
        f"now {applied[-1]:g}" in tab.locator(".st-key-run_lr").inner_text() for tab in tabs
    )
