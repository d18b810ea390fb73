"""Every button of every page shows what it did, in a real browser; pressed twice, it does it once.

A part of a page is drawn alone after a press in it. What a press changed in the rest of the page
is then on the screen only if the page is told to draw that too.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from scratchmlp.ui.draw import views as draw
from scratchmlp.ui.evaluate import views as evaluate
from scratchmlp.ui.train import views as train
from tests.browser.conftest import App, settled
from tests.browser.test_draw import canvas
from tests.browser.test_runs import go as list_runs
from tests.browser.test_runs import tick
from tests.browser.test_train import go

Open = Callable[..., Page]
SLOW = TrainConfig(dataset="digits", hidden=(16,), lr=1e-5, epochs=40)  # has advice to try
ENOUGH = 2  # buttons of the same kind, such as the numbers of pages, that are pressed

# All that a person sees: text, values, what is open, chosen or enabled, pictures, the address.
SIGNS = """() => JSON.stringify([
  location.href,
  document.body.innerText,
  [...document.querySelectorAll('input, textarea')].map(i => [i.value, i.checked, i.disabled]),
  [...document.querySelectorAll('button')].map(b => [b.disabled, b.className]),
  [...document.querySelectorAll('[aria-expanded], [aria-pressed], [aria-checked]')].map(e =>
    [e.ariaExpanded, e.ariaPressed, e.ariaChecked]),
  [...document.querySelectorAll('img, canvas')].map(p => p.src ?? [p.width, p.height]),
])"""
# Buttons that a person can press now, each with the name of its kind. What the page covers with a
# dialog or a popover cannot be pressed.
BUTTONS = r"""() => {
  const PASSED_OVER = 'header, [kind^=header], [data-testid=stElementToolbar], [inert]'
  const CHOSEN = '[aria-checked=true], [aria-pressed=true], [role=tab], [data-testid$=Active]'
  const over = document.querySelector('[data-testid=stDialog] [role=dialog], [role=dialog]')
    ?? document.querySelector('[data-testid=stPopoverBody]')
    ?? document.querySelector('[data-testid=stMenuButtonBody]')
  const seen = [], SEEN = { visibilityProperty: true, opacityProperty: true }
  for (const button of document.querySelectorAll('button')) delete button.dataset.press
  const OURS = 'button:is([kind], [data-variant], [data-testid]), .grid button'
  for (const button of (over ?? document).querySelectorAll(OURS)) {
    if (button.disabled || button.matches(CHOSEN) || !button.checkVisibility(SEEN)) continue
    if (button.closest(PASSED_OVER) || /^Help for/.test(button.ariaLabel)) continue
    const place = button.closest('[class*=st-key-]')
    const key = /st-key-(\S+)/.exec(place?.className ?? '')?.[1] ?? 'none'
    const kind = [key.replace(/\d+/g, ''), button.dataset.testid, button.ariaLabel].join(' ')
    button.dataset.press = seen.push(kind) - 1
  }
  return seen
}"""


@pytest.fixture(scope="module")
def slow_run(started: App) -> str:
    """The id of a run in which nothing moves any more, with advice to try."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_HOME", str(started.home))
        run_id = started.store.create(SLOW, "the slow one", status="running")
        execute(started.store, run_id)
    return run_id


@pytest.fixture
def kept(store: Store) -> Iterator[None]:
    """All runs are there again after the test."""
    before = [run.id for run in store.runs()]
    yield
    store.run_list.restore([run_id for run_id in before if run_id not in known(store)])


def known(store: Store) -> set[str]:
    return {run.id for run in store.runs()}


def test_every_button_of_train_shows_what_it_did(app: App, open_page: Open, slow_run: str) -> None:
    page = open_page(height=2400, accept_downloads=True)

    def show(view: str) -> None:
        app.rest()
        go(page, app, f"/?run={slow_run}&preset=modern&epochs=7&hidden=32,32&dataset=digits")
        page.get_by_role("tab", name=view, exact=True).click()

    walker = Walker(app, page)
    for view in train.VIEWS:
        walker.walk(lambda view=view: show(view))
    kinds = " ".join(walker.pressed)
    for key in ("train", "try_", "take_settings", "reset_epochs", "undo", "why", "load_", "reset"):
        assert re.search(rf"\b{key}", kinds), kinds


@pytest.mark.parametrize("view", evaluate.VIEWS)
def test_every_button_of_evaluate_shows_what_it_did(
    app: App, open_page: Open, slow_run: str, view: str
) -> None:
    page = open_page(height=1600, accept_downloads=True)

    def show() -> None:
        page.goto(f"{app.url}/evaluate?run={slow_run}")
        page.get_by_role("tab", name=view, exact=True).click()

    Walker(app, page).walk(show)


@pytest.mark.parametrize("view", draw.VIEWS)
def test_every_button_of_draw_shows_what_it_did(app: App, open_page: Open, view: str) -> None:
    page = open_page(height=1600, accept_downloads=True)

    def show() -> None:
        page.goto(f"{app.url}/draw?run={app.id('small')}")
        box = canvas(page).bounding_box()
        assert box
        page.mouse.move(box["x"] + 140, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 150, box["y"] + 220, steps=5)
        page.mouse.up()
        expect(page.locator(".st-key-prediction .digit")).to_be_visible()
        page.get_by_role("tab", name=view, exact=True).click()

    Walker(app, page).walk(show)


@pytest.mark.usefixtures("kept")
def test_every_button_of_runs_shows_what_it_did(
    app: App, open_page: Open, store: Store, slow_run: str
) -> None:
    page = open_page(height=1600, accept_downloads=True)

    def show() -> None:
        app.rest()
        store.run_list.restore([slow_run] if slow_run not in known(store) else [])
        list_runs(page, app, "slow")
        tick(page)
        expect(page.locator(".st-key-delete button")).to_be_enabled()

    walker = Walker(app, page)
    walker.walk(show)
    kinds = " ".join(walker.pressed)
    for key in ("duplicate", "delete", "delete_all_now", "undo"):
        assert re.search(rf"\b{key}\b", kinds), kinds


class Walker:
    """Presses button after button; each must change something that a person sees."""

    def __init__(self, app: App, page: Page) -> None:
        self.pressed: list[str] = []
        self._app, self._page = app, page
        self._files = 0  # that were downloaded or asked for
        page.on("download", lambda download: self._count())
        page.on("filechooser", lambda chooser: self._count())

    def _count(self) -> None:
        self._files += 1

    def walk(self, show: Callable[[], None]) -> None:
        """`show` shows the page as it was at first: a press may have led away."""
        show()
        while found := self._next():
            kind, button = found
            place, before = self._page.url.split("?")[0], self._signs()
            try:
                button.click(timeout=5000)
            except TimeoutError:
                if button.count():
                    raise
                continue  # another button has replaced it
            self.pressed.append(kind)
            self._expect_change(kind, before)
            if self._page.url.split("?")[0] != place or self._under_way():
                show()

    def _next(self) -> tuple[str, Locator] | None:
        """A button of a kind that was not pressed yet; what lies over the page comes first."""
        for _ in range(3):
            settled(self._page)
            for index, kind in enumerate(self._page.evaluate(BUTTONS)):
                if self.pressed.count(kind) < ENOUGH:
                    return kind, self._page.locator(f"[data-press='{index}']")
            self._page.keyboard.press("Escape")
        return None

    def _signs(self) -> tuple[str, int]:
        return self._page.evaluate(SIGNS), self._files

    def _expect_change(self, kind: str, before: tuple[str, int]) -> None:
        for _ in range(200):
            if self._signs() != before:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"nothing changed on the screen: {kind}")

    def _under_way(self) -> bool:
        return any(run.is_under_way for run in self._app.store.runs())


@pytest.mark.parametrize("key", ["train", "try_0", "reset"])
def test_a_press_twice_starts_one_run_and_shows_it(
    app: App, open_page: Open, store: Store, slow_run: str, key: str
) -> None:
    """Its settings are on the page too, where the press changed them."""
    page, before = open_page(), known(store)
    go(page, app, f"/?run={slow_run}&dataset=digits&epochs=1000")
    settled(page)
    page.locator(f".st-key-{key} button").dblclick()
    page.wait_for_url(lambda url: slow_run not in url)
    expect(page.locator(".st-key-run")).to_contain_text(re.compile("queued|running|finished"))
    [started] = known(store) - before
    assert started in page.url
    config = store.run(started).config
    expect(page.locator(".st-key-other_settings")).to_have_count(int(key == "reset"))
    if key == "try_0":
        expect(page.locator(".st-key-lr")).to_contain_text(f"{config.lr:g}")
