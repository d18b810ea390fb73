"""A visitor who remembers every message, and can send whatever they like."""

import asyncio
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from scratchmlp.bench.visitor import Visitor, Widget

State = dict[str, Any]
PRESSES: dict[str, State] = {
    "button": {"trigger_value": True},
    "download_button": {"trigger_value": True},
    "checkbox": {"bool_value": True},
    "text_input": {"string_value": "forged"},
    "text_area": {"string_value": "forged"},
    "selectbox": {"string_value": "forged"},
    "number_input": {"double_value": 7},
}


class Client(Visitor):
    """One tab.

    Attributes
    ----------
    received : all messages of the server, since `forget`.
    sent : all messages to it.
    session : the id of the session, which only this tab should know.
    fragments : the ids of the parts of the page that can be run again.
    presses : for each widget that it has seen: a press, or another text, or the other choice.
    downloads : the ids of the files that are made when their button is pressed.
    """

    def __init__(self, url: str, cookie: str = "", *protocols: str) -> None:
        super().__init__(url, cookie)
        self._protocols += protocols
        self.received: list[bytes] = []
        self.sent: list[BackMsg] = []
        self.session = ""
        self.fragments: set[str] = set()
        self.presses: dict[str, State] = {}
        self.downloads: set[str] = set()
        self._chosen: dict[str, State] = {}
        self._beats, self._is_running = 0, False

    def _take(self, message: ForwardMsg) -> None:
        self.received.append(message.SerializeToString())
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
            self.fragments |= set(message.metadata.run.fragment_ids)
        if kind == "session_status_changed":
            self._is_running = message.session_status_changed.script_is_running
        self._beats += kind == "heartbeat_ack"
        if kind == "delta":
            self.fragments |= {message.delta.fragment_id} - {""}
            self._take_ids(message.delta)
            self.downloads |= {message.delta.new_element.download_button.deferred_file_id} - {""}
        super()._take(message)

    def _take_ids(self, delta: Delta) -> None:
        """Of widgets, and of containers that are widgets: tabs, expanders, popovers."""
        place = delta.add_block if delta.WhichOneof("type") == "add_block" else delta.new_element
        content: Any = getattr(place, place.WhichOneof("type") or "", None)
        if widget := str(getattr(content, "id", "")):
            kind = place.WhichOneof("type")
            if kind in PRESSES:
                self.presses[widget] = {"id": widget} | PRESSES[kind]
            name = widget.split("-", 2)[-1].partition(".")[0]
            self.widgets[name] = Widget(widget, delta.fragment_id)

    async def _transmit(self, message: BackMsg) -> None:
        self.sent.append(message)
        await super()._transmit(message)

    async def look(self, page: str, query: str = "") -> None:
        """Open a page by its address, as a link does, and wait until it is there."""
        if self._socket is None:
            await self.open()
        self._page, self._query = self._pages[page], query
        await self._run_and_wait("", [])

    async def say(self, states: Iterable[State], fragment: str = "") -> None:
        """Claim that widgets have these values, and wait until the page is there."""
        await self._run_and_wait(fragment, list(states))

    async def claim(self, key: str, **value: Any) -> None:
        """Claim a value of one widget of the page, which need not be possible."""
        widget = self.widgets[key]
        await self._send(widget.fragment, [{"id": widget.id} | value])
        await self.answered()

    async def choose(self, key: str, **value: Any) -> None:
        """Change a widget as a browser does: it sends the value with every later message too.

        Otherwise a message that comes before the server has begun would take its place.
        """
        widget = self.widgets[key]
        self._chosen[widget.id] = {"id": widget.id} | value
        await self._run_and_wait("", [])

    async def _send(self, fragment: str, states: list[State], is_automatic: bool = False) -> None:
        await super()._send(fragment, [*states, *self._chosen.values()], is_automatic)

    async def answered(self) -> None:
        """Wait until the server has done all that was sent before."""
        acknowledged = self._beats
        while self._beats == acknowledged:  # a page that begins throws away what was not sent yet
            await self._transmit(BackMsg(app_heartbeat=True))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.until(lambda: self._beats > acknowledged)
        await self._run_and_wait("", [])
        await self.until(lambda: not self._is_running)

    def forget(self) -> None:
        self.received.clear()

    def heard(self, secrets: Iterable[str]) -> list[str]:
        """Which of these texts the server has told this tab."""
        everything = b"\n".join(self.received)
        return [secret for secret in secrets if secret.encode() in everything]


def as_json(widget_id: str, value: Any) -> State:
    return {"id": widget_id, "json_value": json.dumps(value)}


async def ask(
    url: str, method: str = "GET", data: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    """The status and the body of the answer to a request."""

    def answer() -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, data, named, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as found:
                return found.status, found.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    return await asyncio.to_thread(answer)
