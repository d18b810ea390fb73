"""The real app on a free port, and Debian's Chromium to look at it with."""

import os
import re
import shutil
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from scratchmlp.analysis import out_of_distribution
from scratchmlp.bench import browser as real
from scratchmlp.bench import server
from scratchmlp.bench.server import link_cache
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from tests.conftest import close_world, has_mnist, unavailable

PATIENCE = 180_000  # milliseconds; a machine may have much else to do
expect.set_options(timeout=PATIENCE)

DATASET = "mnist" if has_mnist() else "digits"
RECIPE = "modern" if has_mnist() else "few-pictures"  # the one to begin with
FIRST = replace(presets.find(RECIPE).config, dataset=DATASET)
RUNS = {
    "small": TrainConfig(dataset="digits", epochs=1),
    "other": TrainConfig(dataset=DATASET, epochs=1, seed=1),
    "first": FIRST,
}


# The last line of a traceback that Streamlit logs if a tab is closed while it connects.
CLOSED_TAB = (
    "starlette.websockets.WebSocketDisconnect",
    "websockets.exceptions.ConnectionClosed",
    "uvicorn.protocols.utils.ClientDisconnected",
    'RuntimeError: Cannot call "send" once a close message has been sent',
    "RuntimeError: Unexpected ASGI message",
)


def causes(log: str) -> list[str]:
    """The last line of each traceback in a log: the error that was raised."""
    parts = re.split(r"^.*Traceback \(most recent call last\):$", log, flags=re.MULTILINE)[1:]
    return [re.search(r"^\S.*$|\Z", part.lstrip("\n"), re.MULTILINE)[0] for part in parts]  # type: ignore[index]


class App(server.App):
    """An app and its store; in its log there must be no traceback when it ends."""

    def __init__(self, home: Path, workers: int = 1) -> None:
        super().__init__(home, SCRATCHMLP_WORKERS=str(workers))
        self.store = Store(f"sqlite:///{home / 'runs.db'}")

    def id(self, name: str) -> str:
        """Of the run of that name, as in `RUNS`."""
        [found] = [run.id for run in self.store.runs() if run.name == name]
        return found

    def rest(self) -> None:
        """End what still trains."""
        while under_way := [run.id for run in self.store.runs() if run.is_under_way]:
            for run_id in under_way:
                self.store.cancel(run_id)
                self.store.send(run_id, "stop")
            time.sleep(0.05)

    def close(self) -> None:
        super().close()
        self.store.close()
        log = self.log.read_text()
        assert not [cause for cause in causes(log) if not cause.startswith(CLOSED_TAB)], log


@pytest.fixture(scope="session")
def trained_home(pictures_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with decoded pictures, their detector and the runs of `RUNS`; made once a session."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home, ready = folder / "trained", folder / "trained is ready"
    with FileLock(folder / "trained.lock"), pytest.MonkeyPatch.context() as patch:
        if not ready.exists():
            link_cache(pictures_cache, home)
            close_world(patch, home, home / "fastai")
            out_of_distribution.detector.cache_clear()
            out_of_distribution.detector(DATASET)
            store = Store()
            for name, config in RUNS.items():
                execute(store, store.create(config, name, status="running"))
            store.close()
            ready.touch()
    return home


@pytest.fixture(scope="session")
def started(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("app") / "home"
        close_world(patch, home, home / "fastai")
        made = App(copied(trained_home, home), workers=2)
    yield made
    made.close()


@pytest.fixture
def app(started: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app that all tests share; nothing trains in it when a test begins."""
    monkeypatch.setenv("SCRATCHMLP_HOME", str(started.home))
    yield started
    started.rest()


@pytest.fixture
def new_app(trained_home: Path, closed_world: Path) -> Iterator[App]:
    """An app that has just started."""
    made = App(copied(trained_home, closed_world))
    yield made
    made.close()


@pytest.fixture
def empty_app(pictures_cache: Path, closed_world: Path) -> Iterator[App]:
    """An app that has just started and has no run."""
    link_cache(pictures_cache, closed_world)
    made = App(closed_world)
    yield made
    made.close()


def copied(home: Path, to: Path) -> Path:
    link_cache(home / "cache", to)
    shutil.copy(home / "runs.db", to)
    return to


@pytest.fixture
def store(app: App) -> Store:
    return app.store


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = real.chromium()
    if not program:
        unavailable("chromium")
    with real.browser(str(program)) as started:
        yield started


@pytest.fixture(scope="session")
def visitors(browser: Browser) -> list[BrowserContext]:
    """Visitors who do not know each other. They keep the app's scripts from test to test: to
    compile them anew takes a second and a half of processor time a tab.
    """
    return []


@pytest.fixture
def open_page(browser: Browser, visitors: list[BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Call it for a tab of a visitor of its own; no tab may have met an error in the end."""
    pages, errors = [], []
    nobody = iter(visitors)

    def new(
        width: int = 1280, height: int = 900, scheme: str = "light", touch: bool = False
    ) -> Page:
        if touch:
            context = browser.new_context(has_touch=True, is_mobile=True)
        elif not (context := next(nobody, None)):
            visitors.append(context := browser.new_context())
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        listen(page)
        return page

    yield new
    for page in pages:
        page.close()
    for context in browser.contexts:
        if context in visitors:
            context.clear_cookies()
        else:
            context.close()
    assert not errors


# The page has drawn the last answer.
DRAWN = """() => document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-stale=true]')"""
# The page counts what it sends, since word of it comes later than word of a press.
COUNT = """const { send } = WebSocket.prototype
WebSocket.prototype.send = function (data) {
  window.sent = this.sent = (this.sent ?? 0) + 1
  send.call(this, data)
}"""
WAITS: weakref.WeakKeyDictionary[Page, "Waits"] = weakref.WeakKeyDictionary()


class Waits:
    """What a page waits for from its server, by the messages between the two."""

    def __init__(self, socket: WebSocket) -> None:
        self._script = "done"
        self._files = 0  # that were asked for and did not come yet
        self._heard = 0  # messages of the page
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def are_over(self, sent: int) -> bool:
        return self._heard >= sent and self._script == "done" and self._files == 0

    def _sent(self, message: str | bytes) -> None:
        self._heard += 1
        if isinstance(message, str):
            return
        told = BackMsg.FromString(message)
        kind = told.WhichOneof("type")
        if kind == "rerun_script" and not told.rerun_script.is_auto_rerun:  # may have no answer
            self._script = "asked for"
        self._files += kind == "backend_operation_request"

    def _received(self, message: str | bytes) -> None:
        if isinstance(message, str):
            return
        told = ForwardMsg.FromString(message)
        kind = told.WhichOneof("type")
        if kind == "new_session":
            self._script = "runs"
        over = kind == "script_finished" and told.script_finished != told.FINISHED_EARLY_FOR_RERUN
        if over and self._script == "runs":
            self._script = "done"
        self._files -= kind == "backend_operation_response"


def listen(page: Page) -> None:
    page.add_init_script(COUNT)
    page.on("websocket", lambda socket: WAITS.update({page: Waits(socket)}))


def settled(page: Page) -> None:
    """Wait until nothing moves any more, as a person does: a list may change under a click."""
    page.wait_for_function(DRAWN)
    deadline = time.monotonic() + PATIENCE / 1000
    while not WAITS[page].are_over(page.evaluate("window.sent")):
        assert time.monotonic() < deadline, f"it still waits for its server: {vars(WAITS[page])}"
        page.wait_for_timeout(10)
        page.wait_for_function(DRAWN)


def visit(page: Page, name: str) -> None:
    """Go to a page by the app's own navigation; a page may have links of that name too."""
    page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()


def open_view(page: Page, view: str) -> None:
    """Press the tab of a view, and wait until the view is there."""
    page.get_by_role("tab", name=view, exact=True).click()
    expect(page.get_by_role("heading", name=view, exact=True)).to_be_attached()
    settled(page)
