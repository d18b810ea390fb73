"""Every button of every page shows what it did, in a real browser; pressed twice, it does it once.

A part of a page is drawn alone after a press in it. What a press changed in the rest of the page
is then on the screen only if the page is told to draw that too.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from scratchmlp.bench.draw_page import draw
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store
from scratchmlp.ui.draw import views as draw_views
from scratchmlp.ui.evaluate import views as evaluate
from scratchmlp.ui.train import views as train
from tests.browser.conftest import App, open_view, settled
from tests.browser.runs_page import go as list_runs
from tests.browser.runs_page import tick
from tests.browser.train_page import go

Open = Callable[..., Page]
SLOW = TrainConfig(dataset="digits", hidden=(16,), lr=1e-5, epochs=40)  # has advice to try
UNCLEAR = [[(0.44, 0.0), (0.5, 1.0)]]  # a line, which may be a 1 or something else
OFTEN = 2  # times that a popover is opened: a press in it may close it

# All that a person sees: text, values, what is open, chosen or enabled, pictures, the address.
SIGNS = """() => JSON.stringify([
  location.href,
  document.body.innerText,
  [...document.querySelectorAll('input, textarea')].map(i => [i.value, i.checked, i.disabled]),
  [...document.querySelectorAll('button')].map(b => b.disabled),
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
    if (button.closest(PASSED_OVER) || /^Help/.test(button.ariaLabel)) continue
    const place = button.closest('[class*=st-key-]')
    const key = /st-key-(\S+)/.exec(place?.className ?? '')?.[1] ?? 'none'
    const kind = [key, button.dataset.testid, button.ariaLabel].join(' ')
    button.dataset.press = seen.push(kind.replace(/\d+/g, '')) - 1
  }
  return seen
}"""


@pytest.fixture(scope="session")  # a process may come back to this file
def slow_run(started: App) -> str:
    """The id of a run in which nothing moves any more, with advice to try."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_HOME", str(started.home))
        run_id = started.store.create(SLOW, "the slow one", status="running")
        execute(started.store, run_id)
    return run_id


@pytest.fixture(autouse=True)
def kept(app: App, store: Store) -> Iterator[None]:
    """After the test there are the same runs as before: copies of one share its name."""
    before = known(store)
    yield
    app.rest()
    store.run_list.delete(sorted(known(store) - before))
    store.run_list.restore(sorted(before - known(store)))


def known(store: Store) -> set[str]:
    return {run.id for run in store.runs()}


def test_every_button_of_train_shows_what_it_did(app: App, open_page: Open, slow_run: str) -> None:
    page = open_page(height=2400)

    def show(view: str) -> None:
        app.rest()
        changed = "epochs=7&lr=0.005&hidden=32,32&dataset=digits"
        go(page, app, f"/?run={slow_run}&preset=modern&{changed}")
        open_view(page, view)
        if view == "Diagnosis":  # on a busy machine it comes after everything else
            expect(page.locator("[class*=st-key-try_] button").first).to_be_visible()

    Walker(app, page).walk(
        show,
        train.VIEWS,
        "train_here remove_layer_ add_layer hidden_ optimizer train why take_settings try_"
        " reset_lr reset_epochs reset undo run_settings run_network finder ask_finder export_net"
        " hide_steps see_errors draw_for_it try_first"
        " export_inference export_training export_curves export_pictures net_file_ other_pictures",
    )


def test_every_button_of_evaluate_shows_what_it_did(
    app: App, open_page: Open, slow_run: str
) -> None:
    page = open_page(height=1600)

    def show(view: str) -> None:
        page.goto(f"{app.url}/evaluate?run={slow_run}")
        open_view(page, view)

    Walker(app, page).walk(
        show,
        evaluate.VIEWS,
        "explored evaluate_split evaluate_page ask_map download report charts_svg charts_png",
    )


def test_every_button_of_draw_shows_what_it_did(app: App, open_page: Open) -> None:
    page = open_page(height=1600)

    def show(view: str) -> None:
        page.goto(f"{app.url}/draw?run={app.id('small')}")
        draw(page, UNCLEAR)
        expect(page.locator(".st-key-prediction .digit")).to_be_visible()
        kept = page.get_by_text("Kept as a").first
        settled(page)
        if view == "My drawings" and not kept.is_visible():
            page.locator(".st-key-candidate_0 button").first.click()
            expect(kept).to_be_visible()
        open_view(page, view)

    Walker(app, page).walk(
        show,
        draw_views.VIEWS,
        "source clear undo_stroke pen paper candidate_ teach right_class undo_lesson undo_keep"
        " export_drawings import zip_of_drawings_ delete_all undelete",
    )


def test_every_button_of_runs_shows_what_it_did(
    app: App, open_page: Open, store: Store, slow_run: str
) -> None:
    page, there = open_page(height=1600), known(store)

    def show(view: str) -> None:
        app.rest()
        store.run_list.delete(sorted(known(store) - there))  # a press brings back all deleted ones
        store.run_list.restore([slow_run] if slow_run not in known(store) else [])
        list_runs(page, app, "slow")
        tick(page)
        expect(page.locator(".st-key-delete button")).to_be_enabled()

    Walker(app, page).walk(
        show,
        ["all"],
        "columns runs_columns open describe save_about duplicate delete"
        " undo load_net net_file_ bin restore_all delete_all delete_all_now dismiss",
    )


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

    def walk(self, show: Callable[[str], None], views: Iterable[str], keys: str) -> None:
        """Press a button of every kind in every view; those of `keys` are among them.

        `show` shows a view as it was at first: a press may have led away.
        """
        for view in views:
            self._walk_over(lambda view=view: show(view))
        kinds = "\n".join(self.pressed)
        for key in keys.split():
            assert re.search(rf"^{key}(\b|(?<=_))", kinds, re.MULTILINE), f"{key} is not in {kinds}"

    def _walk_over(self, show: Callable[[], None]) -> None:
        """It is over when the view as it was at first has no button of a new kind."""
        show()
        at_first, home = True, self._place()
        while (found := self._next()) or not at_first:
            if found:
                self._press(*found)
            at_first = not found or self._place() != home or self._under_way()
            if at_first:
                show()

    def _place(self) -> str:
        return self._page.url.split("?")[0]

    def _under_way(self) -> bool:
        return any(run.is_under_way for run in self._app.store.runs())

    def _next(self) -> tuple[str, Locator] | None:
        """A button of a kind that was not pressed yet; what lies over the page comes first."""
        for _ in range(3):
            settled(self._page)
            for index, kind in enumerate(self._page.evaluate(BUTTONS)):
                enough = OFTEN if "stPopover" in kind or "stMenu" in kind else 1
                if self.pressed.count(kind) < enough:
                    return kind, self._page.locator(f"[data-press='{index}']")
            self._page.keyboard.press("Escape")
        return None

    def _press(self, kind: str, button: Locator) -> None:
        before = self._signs()
        try:
            button.click(timeout=15_000)
        except TimeoutError:
            if button.count():
                raise
            return  # another button has replaced it
        self.pressed.append(kind)
        settled(self._page)
        for _ in range(200):
            if self._signs() != before:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"nothing changed on the screen: {kind}")

    def _signs(self) -> tuple[str, int]:
        return self._page.evaluate(SIGNS), self._files


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
