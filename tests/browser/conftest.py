"""The real app on a free port, and Debian's Chromium to look at it with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scratchmlp.bench import browser as real
from scratchmlp.bench.browser import link_cache
from tests.conftest import unavailable

expect.set_options(timeout=30_000)


class App(real.App):
    """An app in whose log there must be no trouble of ours when it ends."""

    def close(self) -> None:
        super().close()
        # Streamlit logs an error of its own where a tab is closed while it connects.
        assert "/scratchmlp/" not in self.log.read_text(), self.log.read_text()


@pytest.fixture
def app(mnist_home: Path) -> Iterator[App]:
    """An app that nobody has visited yet."""
    started = App(mnist_home)
    yield started
    started.close()


@pytest.fixture(scope="module")
def shared_app(mnist_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all tests that only look."""
    home = tmp_path_factory.mktemp("shared")
    link_cache(mnist_cache, home)
    started = App(home)
    yield started
    started.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = real.chromium()
    if not program:
        unavailable("chromium")
    with real.browser(str(program)) as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Call it for a tab of its own; no tab may have met an error when the test is over."""
    contexts, errors = [], []

    def new(width: int = 1280, height: int = 900, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert not errors


# Nothing is on its way to the server, and no script runs.
SETTLED = """() => !document.querySelector('[data-testid=stStatusWidget]')
  && !document.querySelector('[data-stale=true]')"""


def settled(page: Page) -> None:
    """Wait until nothing moves any more, as a person does: a list may change under a click."""
    page.wait_for_function(SETTLED)


def visit(page: Page, name: str) -> None:
    """Go to a page by the app's own navigation; a page may have links of that name too."""
    page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()
