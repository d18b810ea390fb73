"""The real app on a free port, and Debian's Chromium to look at it with."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, free_port, link_cache, unavailable

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class App:
    """`streamlit run app.py` with a home of its own, in which MNIST is ready."""

    def __init__(self, home: Path) -> None:
        self.home, port = home, free_port()
        self.url = f"http://127.0.0.1:{port}"
        options = {"port": port, "address": "127.0.0.1", "headless": "true"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [f"--server.{name}={value}" for name, value in options.items()]
        environment = os.environ | {"SCRATCHMLP_HOME": str(home), "PYTHONWARNINGS": "ignore"}
        environment["NO_PROXY"] = "127.0.0.1"
        environment.pop("SCRATCHMLP_DB", None)
        self.log = home / "app.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end:
            try:
                with opener.open(f"{self.url}/_stcore/health", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)
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
    chromium = shutil.which("chromium")
    if not chromium:
        unavailable("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


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
