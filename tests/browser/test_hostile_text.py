"""Names, notes, classes and folders from a stranger: every page shows them letter by letter."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from scratchmlp.bench import draw_page
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.execution import execute
from scratchmlp.runs.network_import import import_network
from tests.browser.conftest import App, copied, settled

# Each has the word "evil" in it: a page may hold that word only where it holds the whole text.
NAMES = (
    "![evil](https://evil.example/a.png) [evil](https://evil.example/b) www.evil.example",
    "<img src=https://evil.example/c.png> :red[evil] :blue-badge[evil] $evil^2$ **evil**",
    "# evil -> :smile: :material/face: :material_face: :streamlit: :help[evil] `evil` &lt;",
)
NOTE = "![evil](https://evil.example/note.png) :red[evil]"
FOLDER = "![evil](www.evil.example) :red[evil] <b>evil<b> $evil$ :smile:"
CLASSES = ("**evil** :smile:", ":red[evil] $evil$", "- evil www.evil.example", "<b>evil<b> `evil`")
NET_CLASSES = (*NAMES[:2], *(f"1. evil {n}" for n in range(8)))
# The words of the page without spaces. Charts draw text, and shorten it in their legends.
WORDS = """() => {
  const page = document.body.cloneNode(true)
  page.querySelectorAll('svg, style, script, noscript').forEach((element) => element.remove())
  return page.textContent.replace(/[\\s\\u2060]/g, '')
}"""
HOLDS = f"(texts) => {{ const words = ({WORDS})(); return texts.every((t) => words.includes(t)) }}"
LIVE = """() => {
  const live = '[href*=evil], [src*=evil], .katex, [data-testid=stHeaderActionElements] a, li > em'
  const parts = (root) => [root, ...[...root.querySelectorAll('*')].flatMap(
    (element) => element.shadowRoot ? parts(element.shadowRoot) : [])]
  return parts(document).flatMap((part) => [...part.querySelectorAll(live)])
    .map((element) => element.outerHTML)
}"""


@pytest.fixture
def hostile(trained_home: Path, closed_world: Path, digits: Dataset) -> Iterator[App]:
    """An app whose newest runs have such names, and one of them such classes and such a folder."""
    home = copied(trained_home, closed_world)
    made = App(home)
    folder = closed_world.parent / FOLDER
    for split in ("training", "testing"):
        for label, name in enumerate(CLASSES):
            images = digits.train.images[digits.train.labels == label][:12]
            (folder / split / name).mkdir(parents=True)
            for number, image in enumerate(images):
                Image.fromarray(image).save(folder / split / name / f"{number}.png")
    datasets.load(str(folder))
    config = TrainConfig(dataset=str(folder), epochs=1, hidden=(16,), batch_size=8)
    for seed, name in enumerate(NAMES):
        run_id = made.store.create(replace(config, seed=seed), name, status="running")
        execute(made.store, run_id)
        made.store.run_list.set_note(run_id, NOTE)
    data = made.store.network_bytes(made.id("small"))
    network = replace(checkpoint_file.loads(data), classes=NET_CLASSES)
    import_network(made.store, checkpoint_file.dumps(network), NAMES[0] + " net")
    failed = made.store.create(config, NAMES[1] + " failed", status="running")
    made.store.end_run(failed, "failed", error=f"{folder} is strange: {NAMES[0]}")
    gone = made.store.create(config, NAMES[2] + " gone")
    made.store.run_list.delete([gone])
    made.store.drawings.add(CLASSES[0], np.full((28, 28), 200, np.uint8))
    yield made
    made.close()


@pytest.fixture
def page(open_page: Callable[..., Page], hostile: App) -> Iterator[Page]:
    """A page that asks no other host for anything."""
    opened = open_page()
    foreign: list[str] = []

    def note(url: str) -> None:
        if not url.startswith((hostile.url, hostile.url.replace("http", "ws"), "data:", "blob:")):
            foreign.append(url)

    opened.on("request", lambda request: note(request.url))
    yield opened
    assert not foreign


def check(page: Page, folder: str) -> None:
    """Every "evil" on the page stands in a text as it was given, and nothing live names it."""
    settled(page)
    given = [*NAMES, NOTE, folder, FOLDER, *CLASSES, *NET_CLASSES]
    left = str(page.evaluate(WORDS))
    for text in sorted(map(bare, given), key=len, reverse=True):
        left = left.replace(text, "")
    at = left.find("evil")
    assert at < 0, left[max(0, at - 300) : at + 300]
    assert page.evaluate(LIVE) == []


def bare(text: str) -> str:
    return "".join(text.split())


def test_a_stranger_s_text_is_only_text_on_every_page(hostile: App, page: Page) -> None:
    runs = {run.name: run for run in hostile.store.runs()}
    folder = runs[NAMES[0]].dataset

    def holds(*texts: str) -> None:
        """These texts are on the page, letter by letter."""
        page.wait_for_function(HOLDS, arg=[bare(text) for text in texts])
        check(page, folder)

    def tabs(*but: str) -> None:
        names = page.get_by_role("tab").all_inner_texts()
        for name in [name for name in names if name not in but]:
            page.get_by_role("tab", name=name, exact=True).click()
            holds()

    card = page.locator(".st-key-run")
    for name in NAMES:
        page.goto(f"{hostile.url}/?run={runs[name].id}")
        expect(card.locator("canvas, svg").first).to_be_visible()
        holds(name)
    others = ",".join(runs[name].id for name in NAMES[:2])
    page.goto(f"{hostile.url}/?run={runs[NAMES[2]].id}&compare={others}")
    expect(page.get_by_text("Only what differs")).to_be_visible()
    holds(*NAMES[:2])
    tabs()
    failed = runs[NAMES[1] + " failed"]
    page.goto(f"{hostile.url}/?run={failed.id}")
    expect(card.get_by_role("alert")).to_be_visible()
    holds(failed.name, str(failed.error))
    page.goto(f"{hostile.url}/?run=:red[evil]www.evil&dataset=evil&evil=1")
    expect(page.get_by_text("There is no run")).to_be_visible()
    assert page.evaluate(LIVE) == []

    page.goto(f"{hostile.url}/evaluate?run={runs[NAMES[0]].id}")
    expect(page.locator(".st-key-confusion")).to_be_visible()
    tabs("Label errors")
    page.goto(f"{hostile.url}/evaluate?run={runs[NAMES[0]].id}&sample=0")
    expect(page.locator(".st-key-probabilities")).to_be_visible()
    holds(CLASSES[0])

    net = runs[NAMES[0] + " net"]
    for run in (runs[NAMES[0]], net):
        page.goto(f"{hostile.url}/draw?run={run.id}")
        draw_page.draw(page, [[[0.5, 0.2], [0.5, 0.8]]])
        expect(page.locator(".st-key-prediction .digit")).to_be_visible()
        holds(hostile.store.network(run.id).classes[0])
        tabs()
    page.locator(".st-key-drawings button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    holds(*NET_CLASSES[:2], CLASSES[0])

    page.goto(f"{hostile.url}/runs")
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    holds(folder)
    page.locator(".st-key-bin button").click()
    expect(page.get_by_text("Deleted permanently")).to_be_visible()
    holds(NAMES[2] + " gone")
