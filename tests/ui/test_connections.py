"""What a visitor's browser can reach by Streamlit's protocol: their own session, and no more."""

from collections.abc import Iterable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from scratchmlp.ui import connections
from scratchmlp.ui.connections import OwnSession
from scratchmlp.ui.server import COOKIE
from tests.coroutines import finish

ANN, BEN = f"{COOKIE}={'a' * 32}", f"{COOKIE}={'b' * 32}"


class Server:
    """What the middleware stands before. It begins a session, and notes what reaches it."""

    def __init__(self) -> None:
        self.sessions = ["of-ann", *(f"session-{number}" for number in range(9))]
        self.asked: list[str] = []
        self.heard: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            return
        self.asked.append(dict(scope["headers"])[b"sec-websocket-protocol"].decode())
        _, _, *named = self.asked[-1].split(", ")
        begun = ForwardMsg()
        begun.new_session.initialize.session_id = named[0] if named else self.sessions.pop(0)
        await send({"type": "websocket.send", "bytes": ForwardMsg().SerializeToString()})
        await send({"type": "websocket.send", "bytes": begun.SerializeToString()})
        while data := (await receive()).get("bytes"):
            self.heard.append(data)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def guarded(server: Server, monkeypatch: pytest.MonkeyPatch) -> OwnSession:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    return OwnSession(server)


def connect(app: OwnSession, cookie: str, protocol: str, sent: Iterable[bytes] = ()) -> None:
    waiting: list[Message] = [{"type": "websocket.receive", "bytes": data} for data in sent]
    waiting.append({"type": "websocket.disconnect"})

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        pass

    headers = [(b"cookie", cookie.encode()), (b"sec-websocket-protocol", protocol.encode())]
    finish(app({"type": "websocket", "path": "/", "headers": headers}, receive, send))


def upload(app: OwnSession, cookie: str, method: str = "PUT") -> int:
    answers: list[Any] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        answers.append(message.get("status"))

    path = "/lab/_stcore/upload_file/of-ann/a-file"
    headers = [(b"cookie", cookie.encode())]
    request = {"type": "http", "method": method, "path": path, "headers": headers}
    finish(app(request, receive, send))
    return int(answers[0])


def test_a_session_goes_on_for_the_visitor_who_began_it(
    guarded: OwnSession, server: Server
) -> None:
    connect(guarded, ANN, "streamlit, token")
    for cookie in (BEN, "", f"{COOKIE}=of-ann", ANN):
        connect(guarded, cookie, "streamlit, token, of-ann")
    connect(guarded, ANN, "streamlit, token, unknown")
    new = "streamlit, token"
    assert server.asked == [new, new, new, new, "streamlit, token, of-ann", new]


def test_files_reach_only_one_s_own_session(guarded: OwnSession) -> None:
    assert upload(guarded, ANN) == 403  # nobody has begun it
    connect(guarded, ANN, "streamlit, token")
    assert [upload(guarded, who) for who in (ANN, BEN, "")] == [204, 403, 403]
    assert upload(guarded, BEN, "DELETE") == 403 and upload(guarded, BEN, "OPTIONS") == 204


def test_what_no_page_sends_is_left_out(guarded: OwnSession, server: Server) -> None:
    operation = BackMsg()
    operation.backend_operation_request.install_skills.SetInParent()
    download = BackMsg()
    download.backend_operation_request.deferred_file.file_id = "x"
    rerun = BackMsg()
    rerun.rerun_script.query_string = "run=x"
    needed = [rerun, download, BackMsg(app_heartbeat=True), BackMsg(stop_script=True)]
    others = [BackMsg(clear_cache=True), BackMsg(debug_shutdown_runtime=True), operation]
    connect(guarded, ANN, "streamlit, token", (m.SerializeToString() for m in [*others, *needed]))
    assert server.heard == [message.SerializeToString() for message in needed]


def test_on_one_s_own_machine_everything_passes(
    guarded: OwnSession, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "0")
    clear = BackMsg(clear_cache=True).SerializeToString()
    connect(guarded, "", "streamlit, token, any", [clear])
    assert server.asked == ["streamlit, token, any"] and server.heard == [clear]


def test_only_the_newest_sessions_are_remembered(
    guarded: OwnSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_SESSIONS", 2)
    for _ in range(4):
        connect(guarded, ANN, "streamlit, token")
    assert list(guarded._visitors) == ["session-1", "session-2"]
