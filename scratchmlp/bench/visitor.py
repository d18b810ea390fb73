"""A visitor as the server sees one: Streamlit's protocol over a websocket, without a browser.

It keeps what a browser must know to answer: the widgets, the address, and which parts of the page
are to be run again by themselves. It draws nothing, so many of them fit beside the server.
"""

import asyncio
import contextlib
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 300.0  # seconds to wait for anything
STATUS = re.compile(r":\w+-badge\[(queued|running|paused|finished|stopped|diverged|failed|lost)\]")


class Widget(NamedTuple):
    """Its id in the protocol, and the fragment of the page that a change of it runs again."""

    id: str
    fragment: str


class Card(NamedTuple):
    """The card of a run: the run that the address named, its status, and when it came."""

    run: str
    status: str
    at: float


class Finished(NamedTuple):
    """A script run that is over: how many had begun before, and its fragments, none for all."""

    number: int
    fragments: frozenset[str]


class Visitor:
    """One tab. Times are those of this process, when it has read the message.

    Attributes
    ----------
    cookie : who they are; a new visitor's until the server has set one.
    widgets : by the key that the page gave it; of several versions the last that came.
    card : the last card of a run on Train.
    errors : exceptions and error sentences that the page showed.
    """

    def __init__(self, url: str, cookie: str = "") -> None:
        self.cookie = cookie
        self.widgets: dict[str, Widget] = {}
        self.card = Card("", "", 0.0)
        self.errors: list[str] = []
        self._url, self._protocols = url, ["streamlit"]
        self._query = self._page = ""
        self._pages: dict[str, str] = {}  # the hash of each page by its path
        self._known: dict[str, ForwardMsg] = {}  # what the server need not send twice
        self._begun: dict[str, Finished] = {}
        self._finished: list[Finished] = []
        self._repeating: dict[str, asyncio.Task] = {}
        self._changed = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task | None = None

    @property
    def run(self) -> str:
        """The run that the address names."""
        return parse_qs(self._query).get("run", [""])[0]

    @property
    def asks_by_itself(self) -> int:
        """How many parts of the page ask for themselves again and again."""
        return len(self._repeating)

    async def open(self, query: str = "") -> float:
        """Open Train, and return the seconds until the whole page is there."""
        began = time.perf_counter()
        self.cookie = self.cookie or await asyncio.to_thread(self._new_cookie)
        self._socket = await connect(
            self._url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=self._protocols,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie} if self.cookie else None,
            max_size=None,
            proxy=None,
            open_timeout=PATIENCE,
            ping_timeout=PATIENCE,
        )
        self._reading = asyncio.create_task(self._read())
        self._query = query
        await self._run_and_wait("", [])
        return time.perf_counter() - began

    def _new_cookie(self) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        page = urllib.request.Request(self._url + "/", headers={"Accept": "text/html"})
        with opener.open(page, timeout=PATIENCE) as answer:
            cookies: list[str] = answer.headers.get_all("Set-Cookie") or []
        return "; ".join(cookie.partition(";")[0] for cookie in cookies)

    async def go(self, path: str) -> float:
        """Go to another page by the navigation, and return the seconds until it is there."""
        began = time.perf_counter()
        self._page, self._query = self._pages[path], ""
        await self._run_and_wait("", [])
        return time.perf_counter() - began

    async def use(self, key: str, **value: Any) -> float:
        """Change a widget, and return the seconds until what depends on it is there."""
        began = time.perf_counter()
        widget = self.widgets[key]
        await self._run_and_wait(widget.fragment, [{"id": widget.id} | value])
        return time.perf_counter() - began

    async def press_train(self) -> float:
        """Press Train, and return the seconds until the card of the new run is there."""
        before, began = self.run, time.perf_counter()
        widget = self.widgets["train"]
        await self._send(widget.fragment, [{"id": widget.id, "trigger_value": True}])
        await self.until(lambda: self.run != before and self.card.run == self.run)
        return self.card.at - began

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                if self._reading is None or self._reading.done():
                    raise ConnectionError("the server closed the connection")
                self._changed.clear()
                await self._changed.wait()

    async def leave(self) -> None:
        self._stop_repeating()
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def _run_and_wait(self, fragment: str, states: list[dict[str, Any]]) -> None:
        number = len(self._begun)
        await self._send(fragment, states)
        await self.until(
            lambda: any(
                run.number >= number and (not run.fragments or fragment in run.fragments)
                for run in self._finished
            )
        )

    async def _send(
        self, fragment: str, states: list[dict[str, Any]], is_automatic: bool = False
    ) -> None:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self._query, self._page
        asked.fragment_id, asked.is_auto_rerun = fragment, is_automatic
        asked.cached_message_hashes.extend(self._known)
        asked.context_info.timezone, asked.context_info.url = "UTC", self._url + "/"
        for state in states:
            asked.widget_states.widgets.add(**state)
        await self._transmit(message)

    async def _transmit(self, message: BackMsg) -> None:
        assert self._socket
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket
        with contextlib.suppress(ConnectionClosed):
            async for data in self._socket:
                message = ForwardMsg()
                message.ParseFromString(data)
                if message.metadata.cacheable:
                    self._known[message.hash] = message
                if message.WhichOneof("type") == "ref_hash":
                    message = self._known[message.ref_hash]
                self._take(message)
                self._changed.set()
        self._changed.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._take_element(message)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "script_finished":
            is_whole = message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            begun = self._begun.get(message.metadata.run.script_run_id)
            if is_whole and begun:
                self._finished.append(begun)
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "navigation":
            self._pages = {p.url_pathname: p.page_script_hash for p in message.navigation.app_pages}
            self._page = self._page or message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_repeating(fragment)

    def _begin(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        self._begun[run.script_run_id] = Finished(len(self._begun), frozenset(run.fragment_ids))
        if not run.fragment_ids:
            self._stop_repeating()

    def _take_element(self, message: ForwardMsg) -> None:
        element, fragment = message.delta.new_element, message.delta.fragment_id
        kind = element.WhichOneof("type") or ""
        content: Any = getattr(element, kind)
        name = getattr(content, "id", "").split("-", 2)[2:]  # $$ID-<checksum>-<key>
        if name:
            self.widgets[name[0].partition(".")[0]] = Widget(content.id, fragment)
        elif kind == "exception":
            self.errors.append(f"{content.type}: {content.message}")
        elif kind == "alert" and content.format == content.ERROR:
            self.errors.append(content.body)
        elif kind == "markdown" and (found := STATUS.fullmatch(content.body)):
            self.card = Card(self.run, found[1], time.perf_counter())

    def _repeat(self, fragment: str, seconds: float) -> None:
        """Ask for a fragment again and again, as a browser does."""

        async def ask() -> None:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await asyncio.sleep(seconds)
                    await self._send(fragment, [], is_automatic=True)

        if fragment not in self._repeating:
            self._repeating[fragment] = asyncio.create_task(ask())

    def _stop_repeating(self, fragment: str | None = None) -> None:
        """Of this fragment, or of all."""
        for name in [fragment] if fragment else list(self._repeating):
            if task := self._repeating.pop(name, None):
                task.cancel()
