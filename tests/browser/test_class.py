"""A class on a hosted server, in a real browser: a teacher and a student, each with a cookie."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.permissions import Visitor
from scratchmlp.ui.markdown import INVISIBLE
from scratchmlp.ui.server import COOKIE
from scratchmlp.ui.visitor import digest_of
from tests.browser.conftest import App, copied, settled

EVIL = "<b>evil</b> :red[evil] ![evil](https://evil.example/a.png)"


@pytest.fixture
def hosted(
    trained_home: Path, closed_world: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    """A hosted server with a teacher's key; its runs are the server's own, and not shared."""
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    monkeypatch.setenv("SCRATCHMLP_TEACHER_KEY", "sesame")
    made = App(copied(trained_home, closed_world))
    yield made
    made.close()


def cookie(page: Page) -> str:
    return next(c["value"] for c in page.context.cookies() if c["name"] == COOKIE)


def visitor(page: Page) -> Visitor:
    return Visitor(digest_of("cookie", cookie(page)))


def go(page: Page, app: App) -> None:
    page.goto(f"{app.url}/runs")
    expect(page.locator(".st-key-you")).to_be_visible()


def become_teacher(page: Page) -> None:
    page.locator(".st-key-teacher button").first.click()
    page.get_by_label("The teacher's key").fill("sesame")
    page.get_by_role("button", name="Become a teacher").click()
    page.get_by_role("tab", name="Class").click()
    expect(page.locator(".st-key-class")).to_be_visible()


def test_a_teacher_leads_a_class(hosted: App, open_page: Callable[..., Page]) -> None:
    """The student sees the message without a press, and the pinned run first; both only as text."""
    teacher, student = open_page(), open_page()
    go(student, hosted)
    expect(student.get_by_role("tab", name="Board")).to_be_visible()
    expect(student.get_by_role("tab", name="Class")).to_have_count(0)
    settled(student)
    student.get_by_role("textbox", name="Nickname").fill(EVIL[:40])
    student.keyboard.press("Enter")
    expect(student.get_by_text("Saved.")).to_be_visible()
    assert hosted.store.visitors.nicknames() == {visitor(student).id: EVIL[:40]}

    go(teacher, hosted)
    become_teacher(teacher)
    here = teacher.locator(".st-key-class td", has_text=EVIL[:40])
    expect(here).to_have_count(1)
    teacher.get_by_role("textbox", name="Message to all").fill(EVIL)
    teacher.keyboard.press("Enter")
    for page in (teacher, student):  # nobody has touched the student's page
        notice = page.locator(".st-key-notices [data-testid=stAlert]")
        expect(notice).to_contain_text("<b>evil</b>")
        assert EVIL in notice.inner_text().replace(INVISIBLE, "")
        assert notice.locator("b, img").count() == 0
        links = notice.locator("a").all()  # of the teacher alone addresses are links
        assert [link.get_attribute("href") for link in links] == ["https://evil.example/a.png"]

    small = hosted.id("small")
    teacher.get_by_role("tab", name="All runs").click()
    teacher.get_by_role("textbox", name="Search").fill("small")
    expect(teacher.get_by_text("1 of ")).to_be_visible()
    settled(teacher)
    teacher.locator("[data-testid=stDataFrame]").click(position={"x": 18, "y": 52})
    teacher.get_by_role("button", name="Pin for all").click()
    expect(teacher.get_by_role("button", name="Unpin")).to_be_visible()
    assert hosted.store.run(small).pinned
    student.goto(hosted.url)
    expect(student.locator(".st-key-run").get_by_text("small", exact=True)).to_be_visible()

    teacher.locator(".st-key-resign button").first.click()
    expect(teacher.get_by_role("tab", name="Class")).to_have_count(0)


def test_a_visitor_takes_their_work_along_and_is_forgotten(
    hosted: App, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    go(page, hosted)
    old, me = cookie(page), visitor(page)
    run_id = hosted.store.seen_by(me).create(TrainConfig(dataset="digits", epochs=1), "mine")
    hosted.store.cancel(run_id)
    page.reload()
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Take my work along").click()
    download.value.save_as(tmp_path / "work.zip")
    with zipfile.ZipFile(tmp_path / "work.zip") as packed:
        assert f"runs/mine {run_id[:6]}/settings.json" in packed.namelist()

    page.locator(".st-key-forget button").first.click()
    page.get_by_role("button", name="Forget me now").click()
    expect(page.get_by_text("You are forgotten")).to_be_visible()
    expect(page.locator(".st-key-you")).to_be_visible()  # the page has loaded again
    assert cookie(page) != old
    assert run_id not in {run.id for run in hosted.store.runs()}
    assert hosted.store.visitors.find(me.id) is None
