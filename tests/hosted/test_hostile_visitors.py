"""Nobody changes or reads what is another's, whatever they send: 200 attempts on the real app.

The attacker knows the ids of everything that the victim has, except what makes the victim who they
are: the value of the cookie. They replay each message that the victim has sent. After each kind of
attempt all rows of the victim are what they were, and the server has told the attacker none of the
victim's secrets. Whoever has the link of a run may look at it, so a run with a link is no secret.
"""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from scratchmlp.bench import visitor
from scratchmlp.bench.server import App
from scratchmlp.data.datasets import Dataset
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.network_import import import_network
from scratchmlp.runs.store import Store
from scratchmlp.ui import session
from scratchmlp.ui.server import COOKIE
from tests.conftest import CLOSED_PORT
from tests.coroutines import finish
from tests.hosted.client import Client, State, as_json, ask
from tests.hosted.victim import Victim, new_cookie, uploaded_picture, visitor_of

PAGES = {"train": "", "evaluate": "evaluate", "draw": "draw", "runs": "runs"}
LEAST = 200  # attempts

HOSTILE_TEXTS = (
    "' OR 1=1 --",
    "\x00",
    "%ed%a0%80",
    "../../../etc/passwd",
    "x" * 5_000,
    "latest",
    "None",
    "*",
)
HOSTILE_DATASETS = "/etc", "/", "../..", "/proc/self", "file:///etc", "~", "\x00", "mnist/../digits"
HOSTILE_NUMBERS = "-1", "1000000000", "nan", "1e400", "0x10", "true", ""


class Scene:
    """The app, the victim with an open tab on each page, and the attacker."""

    def __init__(self, app: App, victim: Victim) -> None:
        self.app, self.victim = app, victim
        self.attacker = Client(app.url, new_cookie())
        self.tabs: list[Client] = []
        self.named: set[str] = set()  # secrets that the attacker has sent: the address repeats them

    async def open(self) -> None:
        """The victim uses every page; the attacker opens the app."""
        for page, query in (
            *(("", f"run={run}") for run in self.victim.linked.values()),
            ("", f"run={self.victim.hidden['finished']}"),
            ("evaluate", f"run={self.victim.hidden['finished']}"),
            ("draw", f"run={self.victim.hidden['taught']}"),
            ("runs", ""),
        ):
            tab = Client(self.app.url, self.victim.cookie)
            await tab.look(page, query)
            self.tabs.append(tab)
        self.draw, self.runs = self.tabs[-2:]
        await self.draw.claim("draw_view", string_value="My drawings")
        await self.runs.claim("runs_text", string_value="unseen finished")
        await self.attacker.open()

    @asynccontextmanager
    async def nothing_happens(self) -> AsyncIterator[None]:
        """Nothing of the victim changes, and the attacker hears nothing of it."""
        before = self.victim.everything()
        self.attacker.forget()
        self.named.clear()
        yield
        await self.attacker.answered()
        after = self.victim.everything()
        assert [name for name in before if before[name] != after[name]] == []
        assert set(self.attacker.heard(self.victim.secrets)) <= self.named

    @property
    def presses(self) -> list[State]:
        """A press of every button that the victim has seen, and another value of every field."""
        found: dict[str, State] = {}
        for tab in self.tabs:
            found |= tab.presses
        return list(found.values())


async def replays(scene: Scene) -> int:
    """Press everything that the victim can press, on each page; send again what the victim sent."""
    count = 0
    for page in PAGES.values():
        await scene.attacker.look(page)
        await scene.attacker.say(scene.presses)
        count += len(scene.presses)
    for tab in scene.tabs:
        for message in tab.sent:
            if message.WhichOneof("type") == "rerun_script":
                own = BackMsg()
                own.CopyFrom(message)
                own.rerun_script.query_string = ""
                await scene.attacker._transmit(own)
                count += 1
    await scene.attacker.answered()
    return count


async def parts_of_pages(scene: Scene) -> int:
    """Run parts of the victim's pages again."""
    fragments = sorted(set().union(*(tab.fragments for tab in scene.tabs)))
    for fragment in fragments:
        await scene.attacker._send(fragment, [])
    await scene.attacker.answered()
    return len(fragments)


async def links_to_runs(scene: Scene) -> int:
    """Open the link of a run on each page, and press everything there."""
    runs = [*scene.victim.linked.values(), scene.victim.shared]
    for run in runs:
        for page in PAGES.values():
            await scene.attacker.look(page, f"run={run}&compare={','.join(runs)}")
            await scene.attacker.say(scene.presses)
    return len(runs) * len(PAGES)


async def links_to_the_deleted(scene: Scene) -> int:
    """A deleted run is not shown to who has its link, and they cannot restore it."""
    deleted = scene.victim.hidden["deleted"]
    for page in PAGES.values():
        await scene.attacker.look(page, f"run={deleted}")
        await scene.attacker.say(scene.presses)
    assert scene.attacker.heard(["you can restore it"]) == []
    scene.named.add(deleted)
    return len(PAGES)


async def forged_links(scene: Scene) -> int:
    """Addresses that ask for files of the server, for pictures that are not there, for anything."""
    folder = quote(str(scene.victim.folder))
    queries = [f"run={quote(text)}" for text in HOSTILE_TEXTS]
    queries += [f"compare={quote(text)}" for text in HOSTILE_TEXTS]
    queries += [f"sample={text}&page={text}" for text in HOSTILE_NUMBERS]
    queries += [f"dataset={quote(text)}" for text in HOSTILE_DATASETS]
    queries += [f"dataset={folder}&split=train", f"visitor={scene.victim.id}&owner=local&teacher=1"]
    for query in queries:
        for page in ("", "evaluate"):
            await scene.attacker.look(page, query)
    scene.named |= {str(scene.victim.folder), scene.victim.id}
    return 2 * len(queries)


async def keys_of_the_session(scene: Scene) -> int:
    """Widgets whose ids are keys that the pages keep something under."""
    keys = [value for name, value in vars(session).items() if name.isupper()]
    keys = [key for key in keys if isinstance(key, str) and " " not in key]
    value = {"id": scene.victim.id, "is_teacher": True, "is_trusted": True}
    await scene.attacker.look("draw")
    await scene.attacker.say(as_json(key, value) for key in keys)
    run = scene.victim.linked["finished"]
    await scene.attacker.say({"id": key, "string_value": run} for key in keys)
    await scene.attacker.say(
        {"id": f"{key}_{run}", "string_value": "forged"}
        for key in (*keys, "share", "restore", "describe", "wanted_lr")
    )
    return 3 * len(keys) + 4


async def impossible_values(scene: Scene) -> int:
    """Values of the attacker's own widgets that the page does not offer."""
    attacker, victim, count = scene.attacker, scene.victim, 0
    await attacker.look("", f"run={victim.linked['finished']}")
    for dataset in (*HOSTILE_DATASETS, str(victim.folder)):
        await attacker.claim("dataset", string_value=dataset)
        await attacker.claim("train", trigger_value=True)
        count += 2
    await attacker.look("runs")
    await attacker.claim("run_to_open", string_value=victim.hidden["finished"])
    await attacker.look("evaluate")
    await attacker.claim("evaluated_run", string_value=victim.hidden["finished"])
    await attacker.claim("evaluated_run", string_value=victim.hidden["deleted"])
    scene.named |= {victim.hidden["finished"], victim.hidden["deleted"]}
    await attacker.look("draw", f"run={victim.shared}")
    for index in ("-1", "99999", "null", '"x"'):
        await attacker.claim("slots_thumbnails", json_value=f'{{"opened": {index}}}')
        count += 1
    await attacker.claim("drawn_canvas", json_value='{"drawing": {"raw": {"objects": [7]}}}')
    scene.named.add(str(victim.folder))
    return count + 4


async def uploads_of_files(scene: Scene) -> int:
    """A network's file that names the victim's folder as its dataset, and the victim's picture."""
    victim, attacker = scene.victim, scene.attacker
    own = victim.own.seen_by(visitor_of(attacker.cookie))
    config = replace(victim.network.config, dataset=str(victim.folder))
    run = import_network(own, checkpoint_file.dumps(replace(victim.network, config=config)), "mine")
    assert own.run(run).dataset != str(victim.folder)
    for split in ("train", "test"):
        await attacker.look("evaluate", f"run={run}&split={split}&sample=0")
        await attacker.look(
            "evaluate", f"run={run}&split={split}&dataset={quote(str(victim.folder))}"
        )
    scene.named.add(str(victim.folder))
    return 4


async def made_up_cookies(scene: Scene) -> int:
    """Cookies of every form, but not the victim's."""
    victim, own = scene.victim, scene.attacker.cookie
    theirs = victim.cookie.partition("=")[2]
    cookies = [
        f"{COOKIE}={victim.id}",
        f"{COOKIE}={theirs[:-1]}",
        f"{COOKIE}={theirs}0",
        f"{COOKIE}={theirs.upper()}x",
        f"{COOKIE}=local",
        f"{COOKIE}=",
        f"{COOKIE}=*",
        f"{COOKIE}={'0' * 32}",
        f"{own}; {COOKIE}={victim.id}",
        f"{COOKIE}={victim.id}; {own}",
        f"visitor={theirs}; owner={victim.id}",
        f"{COOKIE.upper()}={theirs}",
    ]
    for cookie in cookies:
        tab = Client(scene.app.url, cookie)
        await tab.look("runs")
        assert tab.heard(victim.secrets) == []
        await tab.look("draw")
        await tab.say(scene.presses)
        assert tab.heard(victim.secrets) == []
        await tab.leave()
    return 2 * len(cookies)


async def sessions_of_the_victim(scene: Scene) -> int:
    """Go on with the victim's session, while it is open and after it was closed."""
    victim, tab = scene.victim, scene.draw
    closed = Client(scene.app.url, victim.cookie)
    await closed.look("draw", f"run={victim.hidden['taught']}")
    await closed.leave()
    cookies = [scene.attacker.cookie, f"{COOKIE}={victim.id}", "other=1"]
    for stolen in (tab.session, closed.session):
        for cookie in cookies:
            thief = Client(scene.app.url, cookie, "x", stolen)
            await thief.look("draw")
            assert thief.session not in (tab.session, closed.session)
            for fragment in sorted(tab.fragments | closed.fragments):
                await thief._send(fragment, [])
            await thief.answered()
            assert thief.heard([s for s in victim.secrets if s != victim.id]) == []
            await thief.leave()
    await tab.answered()
    again = Client(scene.app.url, victim.cookie, "x", closed.session)
    await again.look("draw")
    assert again.session == closed.session  # the victim's own tab goes on
    await again.leave()
    return 2 * len(cookies)


async def files_over_http(scene: Scene) -> int:
    """Upload to the victim's session, and ask the server for files."""
    url, tab = scene.app.url, scene.draw
    token = await xsrf_token(url)
    picture, count = uploaded_picture(), 0
    for cookie in (scene.attacker.cookie, "other=1"):
        for method in ("PUT", "DELETE"):
            status, _ = await ask(
                f"{url}/_stcore/upload_file/{tab.session}/forged",
                method,
                multipart(picture) if method == "PUT" else None,
                Cookie=f"{cookie}; _streamlit_xsrf={token}",
                X_Xsrftoken=token,
                Content_Type="multipart/form-data; boundary=cut",
            )
            assert status == 403
            count += 1
    for path in (
        "media/../../../etc/passwd",
        "media/%2e%2e/%2e%2e/etc/passwd",
        "app/static/../runs.db",
        "component/../../runs.db/x",
        "_stcore/bidi-components/../../../../etc/passwd",
        "~/+/runs.db",
        "runs.db",
        "home/runs.db",
        ".streamlit/secrets.toml",
        "_stcore/message?hash=0",
        f"_stcore/upload_file/{tab.session}/forged",
        *(f"media/{download}" for download in tab.downloads),
    ):
        _, body = await ask(f"{url}/{path}", Cookie=scene.attacker.cookie)
        assert b"root:" not in body and b"SQLite format" not in body
        assert not [secret for secret in scene.victim.secrets if secret.encode() in body], path
        count += 1
    return count


async def messages_of_no_page(scene: Scene) -> int:
    """Messages that Streamlit obeys although no page sends them, and what is no message at all."""
    before = await asyncio.to_thread(scene.app.processes)
    forged = [
        BackMsg(clear_cache=True),
        BackMsg(set_run_on_save=True),
        BackMsg(load_git_info=True),
        BackMsg(debug_disconnect_websocket=True),
        BackMsg(debug_shutdown_runtime=True),
        BackMsg(),
    ]
    for payload in ("install_skills", "dismiss_skills_nudge"):
        message = BackMsg()
        message.backend_operation_request.session_id = scene.attacker.session
        getattr(message.backend_operation_request, payload).SetInParent()
        forged.append(message)
    for download in sorted(scene.draw.downloads):
        message = BackMsg()
        message.backend_operation_request.session_id = scene.draw.session
        message.backend_operation_request.deferred_file.file_id = download
        forged.append(message)
    for message in forged:
        await scene.attacker._transmit(message)
    await scene.attacker.answered()
    kinds = [ForwardMsg.FromString(data).WhichOneof("type") for data in scene.attacker.received]
    assert "git_info_changed" not in kinds
    assert await asyncio.to_thread(scene.app.processes) == before
    for nonsense in (b"\xff" * 50, b"", b"{}"):
        tab = Client(scene.app.url, scene.attacker.cookie)
        await tab.open()
        assert tab._socket and tab._reading
        await tab._socket.send(nonsense)
        await tab.leave()
    return len(forged) + 3


Attack = Callable[[Scene], Awaitable[int]]
ATTACKS: tuple[Attack, ...] = (
    replays,
    parts_of_pages,
    forged_links,
    keys_of_the_session,
    links_to_runs,
    links_to_the_deleted,
    impossible_values,
    uploads_of_files,
    made_up_cookies,
    sessions_of_the_victim,
    files_over_http,
    messages_of_no_page,
)


class Hosted(App):
    """A hosted app without workers, so that nothing changes by itself."""

    def __init__(self, home: Path, database: str) -> None:
        super().__init__(
            home,
            SCRATCHMLP_HOSTED="1",
            SCRATCHMLP_DB=database,
            SCRATCHMLP_SCHEDULER=f"tcp://127.0.0.1:{CLOSED_PORT}",
            SCRATCHMLP_TEACHER_KEY="sesame",
            SCRATCHMLP_MAX_PAGE_RUNS="1000",
            SCRATCHMLP_MAX_WAITING="1000",
        )

    def processes(self) -> list[int]:
        return sorted(child.pid for child in psutil.Process(self.process.pid).children(True))


@pytest.fixture
def scene(
    monkeypatch: pytest.MonkeyPatch, closed_world: Path, database: str, digits: Dataset
) -> Iterator[Scene]:
    monkeypatch.setattr(visitor, "PATIENCE", 30)
    closed_world.mkdir()
    store = Store(database)
    victim = Victim(store, digits, closed_world / "private")
    app = Hosted(closed_world, database)
    yield Scene(app, victim)
    app.close()
    store.close()


def test_nobody_reads_or_changes_what_is_another_s(scene: Scene) -> None:
    finish(attack(scene))


async def attack(scene: Scene) -> None:
    counts: dict[str, int] = {}
    try:
        await scene.open()
        for attempt in ATTACKS:
            async with scene.nothing_happens():
                counts[attempt.__name__] = await attempt(scene)
    finally:
        for tab in (*scene.tabs, scene.attacker):
            await tab.leave()
    assert sum(counts.values()) >= LEAST, counts


async def xsrf_token(url: str) -> str:
    def read() -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}/_stcore/health") as answer:
            header = answer.headers.get("Set-Cookie") or ""
        return header.partition("=")[2].partition(";")[0]

    return await asyncio.to_thread(read)


def multipart(data: bytes) -> bytes:
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    return head + data + b"\r\n--cut--\r\n"
